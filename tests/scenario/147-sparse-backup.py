"""Holes of a segment stay holes in a backup and in what is restored from it, and everything around them is whole."""
import os, subprocess, sys
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server, inspect

COUNT, SIZE = 12, 1 << 20
with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\nscrub-rate = 0\n')


def syncd(*args):
    equal(subprocess.run(['syncd', *args], capture_output=True).returncode, 0, args)


def blocks(name):
    return os.stat(name).st_blocks * 512


def body(i):
    return bytes([65 + i]) * 4096 + os.urandom(16) * ((SIZE - 4096) // 16)


bodies = [body(i) for i in range(COUNT)]
server = Server('store', config='config')
token = server.token()
line = Connection(server.url)
for i, data in enumerate(bodies):
    equal(line.ask('PUT', f'/{i}', data, token=token).status, 201)
equal(line.ask('PUT', '/end', b'the end', token=token).status, 201)
for i in range(0, COUNT, 3):  # too few for the segment to be compacted
    equal(line.ask('DELETE', f'/{i}', token=token).status, 204)
server.stop()
server = Server('store', config='config')  # nobody has the segment open: its dead bodies become holes
syncd('gc', '--store', 'store')
source = 'store/seg/000001'
if blocks(source) > os.path.getsize(source) - 3 * SIZE:
    print('this file system punches no holes')
    server.stop()
    sys.exit(77)
syncd('backup', 'backup', '--store', 'store')
server.stop()
syncd('restore', 'backup', '--store', 'restored')
for copy in ('backup/seg/000001', 'restored/seg/000001'):
    check(blocks(copy) <= blocks(source) + (64 << 10), copy, blocks(copy), blocks(source))
syncd('fsck', '--store', 'restored')
server = Server('restored', config='config')
line = Connection(server.url)
for i, data in enumerate(bodies):
    if i % 3:
        equal(line.ask('GET', f'/{i}', token=token).body == data, True, i)
server.stop()
inspect('restored')
