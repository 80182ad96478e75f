"""A store that an earlier build made (tests/fixtures/store-FORMAT.tar.gz) opens in this one: everything in it is there and fits, history
and trash too, and it goes on.  A build that changes the format adds a store of its own and keeps these.  No build of formats 1 and 2 is in
the history: those are the third one with what the later migrations did (server/store/schema.c) taken back."""
import glob, os, sqlite3, subprocess, sys, tarfile
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server, inspect

# What made formats 3 and 2 of the one before, backwards.
BACK = {2: """DROP TABLE quota; CREATE TABLE quota(ns INTEGER NOT NULL, node INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (ns, node))
              STRICT, WITHOUT ROWID; PRAGMA user_version = 2""",
        1: 'DROP INDEX user_name; ALTER TABLE token DROP COLUMN used_s; PRAGMA user_version = 1'}
FILES = {'/a': b'two', '/large': b'x' * 1_200_000, '/empty': b'', '/d/%C3%A9': b'accents', '/f/%C3%A9': b'accents'}


def syncd(*args):
    p = subprocess.run(['syncd', *args, '--json'], capture_output=True, text=True)
    equal(p.returncode, 0, args, p.stdout, p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()]


def format_of(folder):
    db = sqlite3.connect(f'{folder}/db')
    ((number,),) = db.execute('PRAGMA user_version')
    db.close()
    return number


def make_older(folder, number):
    db = sqlite3.connect(f'{folder}/db')
    for step in range(2, number - 1, -1):
        db.executescript(BACK[step])
    db.close()


fixtures = {int(f.rsplit('-', 1)[1].split('.')[0]): f for f in glob.glob(os.environ['TOP'] + '/tests/fixtures/store-*.tar.gz')}
check(len(fixtures) >= 3)
for number in (1, 2, *sorted(fixtures)):
    folder, fixture = f'store{number}', fixtures.get(number, fixtures[3])
    with tarfile.open(fixture) as tar:
        tar.extractall(folder)
    if number < 3:
        make_older(folder, number)
    equal(format_of(folder), number)
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
    equal(format_of(folder), max(fixtures))
