"""A store that an earlier build made (tests/fixtures/store-FORMAT.tar.gz) opens in this one: everything in it is there and fits, history
and trash too, and it goes on.  A build that changes the format adds a store of its own and keeps these."""
import glob, os, subprocess, sys, tarfile
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server, inspect

FILES = {'/a': b'two', '/large': b'x' * 1_200_000, '/empty': b'', '/d/%C3%A9': b'accents', '/f/%C3%A9': b'accents'}


def syncd(*args):
    p = subprocess.run(['syncd', *args, '--json'], capture_output=True, text=True)
    equal(p.returncode, 0, args, p.stdout, p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()]


fixtures = sorted(glob.glob(os.environ['TOP'] + '/tests/fixtures/store-*.tar.gz'))
check(len(fixtures) >= 1)
for number, fixture in enumerate(fixtures):
    folder = f'store{number}'
    with tarfile.open(fixture) as tar:
        tar.extractall(folder)
    os.chown(folder, os.geteuid(), os.getegid())
    total = syncd('fsck', '--store', folder)[-1]
    equal((total['damaged'], total['files'], total['versions'], total['contents']), (0, 6, 2, 6), fixture)
    equal([r['op'] for r in syncd('journal', '--store', folder)][-3:], ['move', 'put', 'delete'])
    server = Server(folder)
    token = server.token()
    line = Connection(server.url)
    for path, data in FILES.items():
        equal(line.ask('GET', path, token=token).body, data, path)
    equal(line.ask('GET', '/gone', token=token).status, 404)
    check(b'>1<' in line.ask('PROPFIND', '/f', b'<propfind xmlns="DAV:"><prop><x xmlns="x:"/></prop></propfind>', token=token, Depth='0').body)
    equal(line.ask('PUT', '/a', b'three', token=token).status, 204)
    syncd('backup', f'backup{number}', '--store', folder)
    syncd('gc', '--store', folder)
    server.stop()
    equal(syncd('fsck', '--store', folder)[-1]['damaged'], 0)
    inspect(folder)
