// What tests/interop/07-npm-webdav.sh runs.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { createClient, AuthType } from 'webdav'

const client = createClient(process.env.SYNC_URL, { username: process.env.NODE_USER, password: process.env.SYNC_TOKEN, authType: AuthType.Password })

await client.createDirectory('/a')
await client.createDirectory('/deep/er/still', { recursive: true })
assert(await client.putFileContents('/a/one.txt', 'hello'))
assert.equal(await client.putFileContents('/a/one.txt', 'other', { overwrite: false }), false)
assert.equal(await client.getFileContents('/a/one.txt', { format: 'text' }), 'hello')

const bytes = crypto.randomBytes(2_000_000)
for (const name of ['ü & %20 #?.bin', 'plain.bin', "it's + (odd).bin"]) {
	await client.putFileContents('/a/' + name, bytes)
	assert.deepEqual(Buffer.from(await client.getFileContents('/a/' + name)), bytes)
}
const list = await client.getDirectoryContents('/a')
assert.deepEqual(list.map(e => e.basename).sort(), ["it's + (odd).bin", 'one.txt', 'plain.bin', 'ü & %20 #?.bin'].sort())
const deep = await client.getDirectoryContents('/', { deep: true })
assert(deep.some(e => e.filename === '/deep/er/still' && e.type === 'directory'))

const stat = await client.stat('/a/plain.bin')
assert.equal(stat.size, bytes.length)
assert.equal(stat.etag.replaceAll('"', ''), crypto.createHash('sha256').update(bytes).digest('hex'))

await client.copyFile('/a/plain.bin', '/a/copy.bin')
await client.moveFile('/a/copy.bin', '/deep/moved.bin')
assert(await client.exists('/deep/moved.bin'))
assert(!await client.exists('/a/copy.bin'))

const lock = await client.lock('/a/one.txt')
await assert.rejects(client.putFileContents('/a/one.txt', 'x'), e => e.status === 423)
await client.unlock('/a/one.txt', lock.token)
await client.putFileContents('/a/one.txt', 'free')

await client.deleteFile('/a')
await assert.rejects(client.stat('/a'), e => e.status === 404)
console.log('all as expected')
