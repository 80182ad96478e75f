"""Rot is found by the background scrub, and by whoever asks for it first: answered 500, not served, healed by the next upload of the
same bytes."""
import json, os, re, subprocess, sys, time
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server

FILES = {'/small': b's' * 500, '/other': b'o' * 900, '/large': os.urandom(1_500_000), '/empty': b''}
with open('config', 'w') as f:
    f.write('scrub-rate = 1 GiB\n')
with open('off', 'w') as f:
    f.write('scrub-rate = 0\n')


def spoil():
    with open('store/seg/000001', 'r+b') as f:
        data = f.read()
        f.seek(data.index(b's' * 500) + 7)
        f.write(b'S')
    name = next(f'store/obj/{d}/{n}' for d in os.listdir('store/obj') for n in os.listdir(f'store/obj/{d}'))
    with open(name, 'r+b') as f:
        f.truncate(1_000_000)


server = Server('store', config='off')
token = server.token()
line = Connection(server.url)
for path, data in FILES.items():
    equal(line.ask('PUT', path, data, token=token).status, 201)
spoil()
equal(line.ask('GET', '/other', token=token).body, FILES['/other'])
server.stop()
before = os.path.getsize('server.log')

server = Server('store', config='config')
line = Connection(server.url)
deadline = time.time() + 60
while line.ask('GET', '/small', token=token).status == 200 or b'path="/large"' not in open('server.log', 'rb').read()[before:]:
    check(time.time() < deadline, 'not found')
    time.sleep(0.05)
for path, status in (('/small', 500), ('/large', 500), ('/other', 200), ('/empty', 200)):
    equal(line.ask('GET', path, token=token).status, status, path)
said = open('server.log', 'rb').read()[before:]
check(b'path="/small"' in said and b'find damage' in said, said[-2000:])


def status(form='--json'):
    return subprocess.run(['syncd', 'status', *filter(None, [form]), '--store', 'store'], check=True, capture_output=True, text=True).stdout


# What is read back, and what came of it, is said.
while not (now := json.loads(status()))['scrub_ended']:
    check(time.time() < deadline, 'it does not come round')
    time.sleep(0.05)
equal((now['damaged'], now['scrub_bytes_per_s']), (2, 1 << 30))
check(now['scrub_damages'] in (1, 2) and now['scrub_bytes'] > 900 and abs(now['scrub_ended'] - time.time()) < 60, now)
text = status(None)
check(re.search(r'scrub +1 GiB a second, .* since the start; all at .*; 2 contents are DAMAGED: syncd fsck\n', text), text)
metrics = line.ask('GET', '/.sync/metrics', token=token).body.decode()
check(f'syncd_store_scrub_damages_total {now["scrub_damages"]}\n' in metrics and 'syncd_store_scrubbed_bytes_total ' in metrics, metrics)


def heal(suffix):
    """The same bytes, under another name."""
    for path in ('/small', '/large'):
        equal(line.ask('PUT', path + suffix, FILES[path], token=token).status, 201)
    for path, data in FILES.items():
        equal(line.ask('GET', path, token=token).body, data, path)


heal('-again')
equal(json.loads(status())['damaged'], 0)
equal(subprocess.run(['syncd', 'gc', '--store', 'store']).returncode, 0)  # the bad copy of the large one
server.stop()

# Nobody scrubs: who asks first is told, also for a part of it; what was proved today is served.
spoil()
server = Server('store', config='off')
line = Connection(server.url)
equal(line.ask('GET', '/other', token=token).body, FILES['/other'])
for path in ('/small', '/large', '/small-again', '/large-again'):
    equal(line.ask('GET', path, token=token, Range='bytes=0-3').status, 500, path)
    equal(line.ask('GET', path, token=token).status, 500, path)
equal(line.ask('PATCH', '/small', b'x', token=token, Content_Type='application/x-sabredav-partialupdate', X_Update_Range='bytes=0-0').status, 500)
deadline = time.time() + 60
while 'scrub        off (scrub-rate); 2 contents are DAMAGED' not in status(None): # noted beside the answer
    check(time.time() < deadline, status(None))
heal('-once-more')
server.stop()
check('scrub        while a server runs; no damage known\n' in status(None), status(None))
