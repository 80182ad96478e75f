"""gc on a running server lets history go by its rule and gives the room back; -n changes nothing; on a stopped store no history goes;
a backup that is under way holds it; files are read and written all the while."""
import os, signal, subprocess, sys, threading, time
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server

with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\nscrub-rate = 0\n')


def gc(*args, status=0):
    p = subprocess.run(['syncd', 'gc', *args, '--json', '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, status, p.stdout, p.stderr)
    return json.loads(p.stdout) if p.stdout else p.stderr


def used():
    total = 0
    for folder, _, names in os.walk('store'):
        if '/seg' in folder or '/obj' in folder:
            total += sum(os.stat(os.path.join(folder, n)).st_blocks * 512 for n in names)
    return total


server = Server('store', config='config')
token = server.token()
line = Connection(server.url)
large = os.urandom(2_000_000)
for i in range(300):
    check(line.ask('PUT', f'/f{i % 30}', b'%d' % i * 900, token=token).status in (201, 204))
for data in (large, b'small now'):
    check(line.ask('PUT', '/large', data, token=token).status in (201, 204))
server.stop()

stopped = gc()  # nothing goes: what is kept is the server's to know
equal((stopped['versions'], stopped['trashed'], stopped['contents']), (0, 0, 0))
before = used()
server = Server('store', config='config')
line = Connection(server.url)
rehearsed = gc('-n')
equal((rehearsed['result'], rehearsed['versions']), ('would collect', 271))
equal((used(), gc('--dry-run')['versions']), (before, 271))
done = gc()
equal((done['result'], done['versions'], done['contents']), ('collected', 271, 271))
check(done['freed_bytes'] > 2_000_000 and used() < before - 2_000_000 and done['segments'] == 1, done, used(), before)
for i in range(30):
    equal(line.ask('GET', f'/f{i}', token=token).body, b'%d' % (270 + i) * 900)
equal((gc()['contents'], gc()['segments']), (0, 0))
text = subprocess.run(['syncd', 'gc', '--store', 'store'], capture_output=True, text=True).stdout
check(text.startswith('removed 0 versions, 0 deleted things and 0 rows'), text)

# What commands that were killed left below tmp/, a day ago.
for name, age in (('import-0123456789abcdef', 90000), ('import-0123456789abcde0', 0), ('snapshot-0123456789abcdef', 90000)):
    open(f'store/tmp/{name}', 'w').write('left')
    os.utime(f'store/tmp/{name}', (time.time() - age,) * 2)
equal((gc('-n')['strays'], gc()['strays'], os.listdir('store/tmp')), (2, 2, ['import-0123456789abcde0']))

# A reader that began before goes on to its end.
equal(line.ask('PUT', '/large', large, token=token).status, 204)
slow = Connection(server.url)
slow.send(request('GET', '/large', token=token))
slow.more()
equal(line.ask('DELETE', '/large', token=token).status, 204)
check(gc()['contents'] >= 1)
equal(slow.answer().body, large)

# A backup that is stopped half-way holds it back.
equal(line.ask('PUT', '/held', b'one' * 1000, token=token).status, 201)
p = subprocess.Popen(['syncd', 'backup', 'backup', '--store', 'store'], env={**os.environ, 'SYNCD_FAULT': 'carry-sync:2:stop'},
                     stdout=subprocess.DEVNULL)
while open(f'/proc/{p.pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'T':
    time.sleep(0.01)
equal(line.ask('PUT', '/held', b'two', token=token).status, 204)
check('backup' in gc(status=1))
p.send_signal(signal.SIGCONT)
equal(p.wait(), 0)
equal(subprocess.run(['syncd', 'restore', 'backup', '--store', 'restored'], capture_output=True).returncode, 0)

# Written and read all the while.
stop, failed = threading.Event(), []


def traffic(number):
    try:
        c = Connection(server.url)
        for i in range(10**9):
            if stop.is_set():
                return
            data = b'%d %d ' % (number, i % 9) * (1 << (i % 15))
            check(c.ask('PUT', f'/t{number}', data, token=token).status in (201, 204))
            equal(c.ask('GET', f'/t{number}', token=token).body, data)
    except Exception as e:
        failed.append(e)


writers = [threading.Thread(target=traffic, args=(n,)) for n in range(4)]
for w in writers:
    w.start()
for _ in range(8):
    gc()
stop.set()
for w in writers:
    w.join()
if failed:
    raise failed[0]
server.stop()
equal(subprocess.run(['syncd', 'fsck', '--store', 'store'], capture_output=True).returncode, 0)
