"""kill -9 at every step of `fsck --repair`: what is good stays, of what is damaged nothing that is left is lost, and the next repair and
the next upload of the same bytes end it."""
import glob, os, shutil, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

SMALL, LARGE, GOOD = body('small', 5000), body('large', 1_300_000), body('good', 7000)
with open('config', 'w') as f:
    f.write('scrub-rate = 0\n')


def rot(data):
    return bytes([data[0] ^ 1]) + data[1:]


def spoil(name, data):
    with open(name, 'r+b') as f:
        f.seek(f.read().index(data))
        f.write(rot(data)[:1])


def left():
    """Everything that is anywhere."""
    return [open(n, 'rb').read() for n in glob.glob('store/bad/*') + glob.glob('store/obj/*/*') + glob.glob('store/seg/*')]


def repair():
    return subprocess.run(['syncd', 'fsck', '--repair', '--store', 'store'], capture_output=True).returncode


server = Server('full', config='config')
token = server.token()
line = Connection(server.url)
for path, data in (('/small', SMALL), ('/large', LARGE), ('/good', GOOD)):
    equal(line.ask('PUT', path, data, token=token).status, 201)
server.stop()
spoil('full/seg/000001', SMALL)
spoil(glob.glob('full/obj/*/*')[0], LARGE)

reached = 0
for point in ('aside-write', 'aside-sync', 'aside-folder-sync', 'aside-unlink', 'commit-begin', 'commit-apply', 'commit-sync', 'commit-done'):
    for number in range(1, 6):
        shutil.rmtree('store', ignore_errors=True)
        shutil.copytree('full', 'store')
        server = Server('store', fault=f'{point}:{number}:kill', config='config')
        repair()
        server.process.terminate()
        if server.process.wait(timeout=60) == 0:
            continue
        reached += 1
        check(any(rot(SMALL) in x for x in left()) and any(rot(LARGE) == x for x in left()), 'lost', point, number)
        server = Server('store', config='config')
        line = Connection(server.url)
        equal(line.ask('GET', '/good', token=token).body, GOOD)
        equal(line.ask('GET', '/small', token=token).status, 500)
        equal(repair(), 1)
        equal(len(os.listdir('store/bad')), 2, point, number)
        for path, data in (('/small', SMALL), ('/large', LARGE)):
            equal(line.ask('GET', path, token=token).status, 500)
            equal(line.ask('PUT', path, data, token=token).status, 204)
            equal(line.ask('GET', path, token=token).body, data)
        equal(repair(), 0)
        server.stop()
        server = Server('store', config='config')  # what a crash left beside it goes as well
        equal(subprocess.run(['syncd', 'gc', '--store', 'store'], capture_output=True).returncode, 0)
        equal(os.listdir('store/bad'), [])
        server.stop()
        inspect('store')
check(reached >= 12, reached)
