"""backup beside a server that goes on: consistent, incremental, proved; restore: epoch renewed, the whole of it or nothing; a store that
went back in time by `cp` is caught by the token's chain, with a client that synced in between."""
import os, re, shutil, signal, subprocess, sys, threading, time
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server

LARGE = os.urandom(2_500_000)


def syncd(*args, status=0, store='store', json_rows=True):
    p = subprocess.run(['syncd', *args, *(['--json'] if json_rows else []), '--store', store], capture_output=True, text=True)
    equal(p.returncode, status, args, p.stdout, p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()] if json_rows else p.stderr


def backup(*args, status=0, folder='backup'):
    return syncd('backup', folder, *args, status=status)[-1]


def report(line, token, sync_token=''):
    body = (f'<sync-collection xmlns="DAV:"><sync-token>{sync_token}</sync-token><sync-level>infinite</sync-level>'
            '<prop><getetag/></prop></sync-collection>')
    a = line.ask('REPORT', '/', body.encode(), token=token, Content_Type='application/xml')
    if a.status == 403:
        check(b'valid-sync-token' in a.body, a)
        return None, None
    equal(a.status, 207, a)
    return re.findall(rb'<[^>]*href>([^<]*)<', a.body), re.search(rb'<[^>]*sync-token>([^<]*)<', a.body)[1].decode()


def tree(store):
    """Everything in a stopped store: path to digest, as its owner's tools see it."""
    shutil.rmtree('out', ignore_errors=True)
    server = Server(store)
    token = server.token()
    found = {}
    line = Connection(server.url)
    for href in report(line, token)[0]:
        if not href.endswith(b'/'):
            a = line.ask('GET', href.decode(), token=token)
            equal(a.status, 200, href)
            found[href] = hashlib.sha256(a.body).hexdigest()
    server.stop()
    return found


# ---- beside a server that goes on ----
server = Server('store')
token = server.token()
line = Connection(server.url)
for path, body in (('/a', b'one'), ('/a', b'two'), ('/large', LARGE), ('/empty', b'')):
    check(line.ask('PUT', path, body, token=token).status in (201, 204))
first = backup()
equal((first['contents'], first['damaged'], first['verified']), (4, 0, 6 + len(LARGE)))
again = backup()
equal((again['contents'], again['verified']), (4, 0))
check(again['copied'] < first['copied'] - len(LARGE) + 100000, first, again)
equal(backup('--verify')['verified'], 6 + len(LARGE))

stop = threading.Event()
acknowledged = [0]
def write():
    c = Connection(server.url)
    while not stop.is_set():
        n = acknowledged[0]
        check(c.ask('PUT', f'/w{n}', b'%d' % n * (n % 700), token=token).status == 201)
        acknowledged[0] += 1
writer = threading.Thread(target=write)
writer.start()
counts = []
for i in range(4):
    before = acknowledged[0]
    while acknowledged[0] < before + 40:
        time.sleep(0.01)
    sure = acknowledged[0]
    shutil.rmtree(f'copy{i}', ignore_errors=True)
    backup(folder='busy')
    shutil.copytree('busy', f'copy{i}')
    counts.append((i, sure, acknowledged[0] + 1))
stop.set()
writer.join()
for i, sure, most in counts:
    syncd('restore', f'copy{i}', store=f'back{i}')
    found = tree(f'back{i}')
    numbers = sorted(int(p[2:]) for p in found if re.fullmatch(rb'/w\d+', p))
    check(numbers == list(range(len(numbers))) and sure <= len(numbers) <= most, 'one moment', sure, len(numbers), most)
    equal(syncd('fsck', store=f'back{i}')[-1]['damaged'], 0)

# ---- what is refused ----
os.mkdir('full')
open('full/mine', 'w').close()
check('other things' in syncd('backup', 'full', status=1, json_rows=False))
check('one in the other' in syncd('backup', 'store/seg', status=1, json_rows=False))
check('one in the other' in syncd('backup', '.', status=1, json_rows=False))
check('stop its server' in syncd('restore', 'backup', status=1, json_rows=False))
check('no backup' in syncd('restore', 'full', status=1, store='new', json_rows=False))
syncd('backup', 'nowhere/deep', status=1, json_rows=False)
other = Server('other')
check('another store' in syncd('backup', 'backup', status=1, store='other', json_rows=False))
other.stop()

# ---- a client that synced after the backup ----
_, synced = report(line, token)
backup()
_, early = report(line, token)
for i in range(3):
    check(line.ask('PUT', '/later', b'later %d' % i, token=token).status in (201, 204))
_, late = report(line, token)
server.stop()
shutil.copytree('store', 'snapshot')  # for below
check('--replace' in syncd('restore', 'backup', status=1, json_rows=False))
restored = syncd('restore', 'backup', '--replace')[-1]
equal((restored['result'], restored['damaged']), ('restored', 0))
check(not os.path.exists('store/restore') and os.listdir('store/tmp') == [])
equal(syncd('fsck')[-1]['damaged'], 0)
server = Server('store')
line = Connection(server.url)
equal(line.ask('GET', '/later', token=token).status, 404)
equal(line.ask('GET', '/large', token=token).body, LARGE)
for t in (early, late):  # another epoch: both start over
    equal(report(line, token, t), (None, None))
hrefs, now = report(line, token)
check(b'/large' in hrefs)
equal(report(line, token, now)[0], [])

# ---- the backup goes on from another course of things ----
for i in range(5):
    check(line.ask('PUT', '/other', b'another course %d' % i, token=token).status in (201, 204))
after = backup()
check(after['verified'] >= len(LARGE), 'all of it is proved anew', after)
server.stop()
syncd('restore', 'backup', store='third')
equal(syncd('fsck', store='third')[-1]['damaged'], 0)
check(b'/other' in tree('third'))

# ---- cp: the same epoch, another chain ----
server = Server('snapshot')
line = Connection(server.url)
equal(report(line, token, late)[0], [])
shutil.rmtree('old', ignore_errors=True)
server.stop()
shutil.copytree('snapshot', 'old')
server = Server('snapshot')
line = Connection(server.url)
for i in range(4):
    check(line.ask('PUT', '/lost', b'lost %d' % i, token=token).status in (201, 204))
_, lost = report(line, token)
server.stop()
server = Server('old')  # went back in time
line = Connection(server.url)
equal(report(line, token, lost), (None, None), 'a number that is still to come')
for i in range(6):
    check(line.ask('PUT', '/instead', b'instead %d' % i, token=token).status in (201, 204))
equal(report(line, token, lost), (None, None), 'the number is there, by another way')
check(report(line, token, late)[0] is not None)  # that one is of both
server.stop()

# ---- damage ----
name = next(f'backup/obj/{d}/{n}' for d in os.listdir('backup/obj') for n in os.listdir(f'backup/obj/{d}'))
with open(name, 'r+b') as f:
    f.write(b'rot')
p = syncd('restore', 'backup', store='fourth', status=1)
equal((p[0]['damage'], p[0]['path'], p[-1]['damaged']), ('content', '/large', 1))
server = Server('fourth')
line = Connection(server.url)
equal(line.ask('GET', '/large', token=token).status, 500)
equal(line.ask('PUT', '/again', LARGE, token=token).status, 201)
equal(line.ask('GET', '/large', token=token).body, LARGE)
server.stop()
equal(syncd('fsck', store='fourth')[-1]['damaged'], 0)
equal(backup('--verify', folder='backup')['damaged'], 0)  # and is mended from the store
syncd('restore', 'backup', store='fifth')
name = next(f'store/obj/{d}/{n}' for d in os.listdir('store/obj') for n in os.listdir(f'store/obj/{d}'))
with open(name, 'r+b') as f:
    f.write(b'rot')
rows = syncd('backup', 'fresh', status=1)
equal((rows[0]['path'], rows[-1]['damaged']), ('/large', 1))
