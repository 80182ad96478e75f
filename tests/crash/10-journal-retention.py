"""kill -9 while the journal is let go: its chain holds from where it begins, nothing of before is left, and the next time it goes on."""
import os, shutil, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\nkeep-journal = 0s\nscrub-rate = 0\n')
CHANGES = 700  # three slices


def first(folder):
    db = sqlite3.connect(f'file:{folder}/db?mode=ro', uri=True)
    (kept,) = db.execute('SELECT kept FROM ns').fetchone()
    db.close()
    return kept + 1


server = Server('full')
token = server.token()
line = Connection(server.url)
for i in range(CHANGES // 2):
    equal(line.ask('PUT', f'/{i}', b'%d' % i, token=token).status, 201)
    equal(line.ask('MOVE', f'/{i}', token=token, Destination=f'/to{i}').status, 201)
server.stop()

begins = set()
for point in ('commit-begin', 'commit-apply', 'commit-sync', 'commit-done', 'commit-answer'):
    for number in range(1, 6):
        shutil.rmtree('store', ignore_errors=True)
        shutil.copytree('full', 'store')
        server = Server('store', fault=f'{point}:{number}:kill', config='config')
        subprocess.run(['syncd', 'gc', '--store', 'store'], capture_output=True)
        server.process.terminate()  # if it got that far
        if server.process.wait(timeout=60) == 0:
            continue
        equal(server.process.returncode, -9)
        server = Server('store')  # a year by default: nothing more goes
        server.stop()
        inspect('store')
        begins.add(first('store'))
        server = Server('store', config='config')
        equal(subprocess.run(['syncd', 'gc', '--store', 'store'], capture_output=True).returncode, 0)
        equal(Connection(server.url).ask('GET', '/to1', token=token).body, b'1')
        server.stop()
        inspect('store')
        equal(first('store'), CHANGES, point, number)
check({1, 251, 501} <= begins and len(begins) <= 4, begins)
