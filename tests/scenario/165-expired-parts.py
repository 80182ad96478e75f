"""Parts that nobody joined: a day after the last one fsck counts them, gc says and removes them; those that are still used stay."""
import json, os, subprocess, sys, time
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server

DAY_S = 86400


def command(*args):
    p = subprocess.run(['syncd', *args, '--json', '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, 0, p.stdout, p.stderr)
    return json.loads(p.stdout.splitlines()[-1])


def strays(*args):
    found = command(*args)
    return found['strays'], found['stray_bytes']


def age(name, seconds):
    os.utime(f'store/parts/{name}', (time.time() - seconds,) * 2)


server = Server('store')
token = server.token()
line = Connection(server.url)
equal((strays('gc'), strays('fsck')), ((0, 0), (0, 0)), 'nobody ever uploaded in parts')
uploads = '/remote.php/dav/uploads/ann'
names = {}
for name in ('old', 'empty', 'young'):
    before = set(os.listdir('store/parts')) if os.path.isdir('store/parts') else set()
    equal(line.ask('MKCOL', f'{uploads}/{name}', token=token).status, 201)
    (names[name],) = set(os.listdir('store/parts')) - before
for name, parts in (('old', 3), ('young', 2)):
    for i in range(parts):
        equal(line.ask('PUT', f'{uploads}/{name}/{i + 1}', b'x' * 1000, token=token).status, 201)
equal(strays('gc', '-n'), (0, 0))
age(names['old'], DAY_S + 60), age(names['empty'], DAY_S + 60), age(names['young'], DAY_S - 3600)
equal((strays('fsck'), strays('gc', '-n')), ((2, 3000), (2, 3000)))
equal(len(os.listdir('store/parts')), 3)
done = command('gc')
equal((done['strays'], done['stray_bytes']), (2, 3000))
check(done['freed_bytes'] >= 3000, done)
equal(os.listdir('store/parts'), [names['young']])
equal((strays('gc'), strays('fsck')), ((0, 0), (0, 0)))
equal(line.ask('PUT', f'{uploads}/old/4', b'late', token=token).status, 404)
equal(line.ask('MOVE', f'{uploads}/young/.file', token=token, Destination='/remote.php/dav/files/ann/joined').status, 201)
equal(line.ask('GET', '/joined', token=token).body, b'x' * 2000)

# On a stopped store likewise.
equal(line.ask('MKCOL', f'{uploads}/last', token=token).status, 201)
server.stop()
(last,) = os.listdir('store/parts')
age(last, DAY_S + 60)
equal((strays('fsck'), strays('gc'), os.listdir('store/parts')), ((1, 0), (1, 0), []))
