"""A folder in which more changed than is changed one by one: restored by the client and on the wire, whole or not at all, with the
conditions, locks, properties, quota and the history of its places."""
import os, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from dav import check, equal
from mock import *
from multistatus import name, parse, prop

FOLDERS, FILES = 7, 800
PATCH = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">%s</x></prop></set></propertyupdate>'
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'


def main():
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    line = dav.Connection(timeout=300)

    def ask(method, path, *args, want=None, **fields):
        a = line.ask(method, path, *args, **fields)
        check(a.status == want if want else a.status < 300, method, path, a)
        return a

    def state(path):
        (r,) = parse(ask('PROPFIND', path + '?at=2200-01-01', prop('checked-in'), Depth='0')).values()
        return r.found[name('checked-in')][0].text

    def x_of(path):
        return parse(ask('PROPFIND', path, prop(('x', 'x:')), Depth='0'))[path].text('x', 'x:')

    def trash():
        return [h for h in parse(ask('PROPFIND', '/.sync/trash/', prop('getetag'), Depth='1')) if h != '/.sync/trash/']

    ask('MKCOL', '/d'), ask('MKCOL', '/d/0')
    for i in range(FILES):
        ask('PUT', f'/d/0/{i}', b'old %d' % i)
    for i in range(1, FOLDERS):
        ask('COPY', '/d/0', Destination=f'/d/{i}')
    ask('MKCOL', '/d/%C3%A9%20%26'), ask('PUT', '/d/%C3%A9%20%26/%F0%9F%90%99', b'octopus')
    ask('PROPPATCH', '/d/3/3', (PATCH % 'three').encode()), ask('PROPPATCH', '/d', (PATCH % 'top').encode())
    before, then = ask('HEAD', '/d/')['etag'], state('/d/')
    number = then.rstrip('/').rsplit('/', 1)[1]
    # Everything is another file now, moved by one: nothing can come out of the trash.
    for i in range(FOLDERS):
        ask('MOVE', f'/d/{i}', Destination=f'/aside-{i}'), ask('MKCOL', f'/d/{i}')
    for i in range(FILES):
        ask('PUT', f'/d/0/{i}', b'new %d' % i)
    after = ask('HEAD', '/d/')['etag']

    # Conditions and locks are about what is there; nothing is left of what was refused.
    ask('COPY', then, Destination='/d/', If_Match=etag(b'x'), want=412)
    ask('COPY', then, Destination='/d/', Overwrite='F', want=412)
    token = ask('LOCK', '/d/0/5', LOCK, Content_Type='application/xml', Timeout='Second-600')['lock-token']
    status = line.ask('COPY', then, Destination='/d/').status
    check(status in (207, 423), status)
    equal(ask('HEAD', '/d/')['etag'], after)
    ask('UNLOCK', '/d/0/5', Lock_Token=token)
    db = lambda sql: __import__('sqlite3').connect(f'file:{os.environ["SYNC_STORE"]}/db?mode=ro', uri=True).execute(sql).fetchone()[0]
    equal(db("SELECT count(*) FROM node WHERE parent = 2 AND key LIKE 'stage-%'"), 0)

    # The client's command; one step, which undo takes back, and which can be done again.
    run = sync('restore', 'd', '--at', number, env=env, timeout=300)
    check(run.out.startswith('d\trestored'), run)
    equal(ask('HEAD', '/d/')['etag'], before)
    equal((x_of('/d/3/3'), x_of('/d/')), ('three', 'top'))
    equal(ask('GET', '/d/%C3%A9%20%26/%F0%9F%90%99').body, b'octopus')
    equal(len(trash()), 1, 'what was there is one thing in the trash')
    log = [o['version'] for o in sync('log', '--json', 'd/0/5', env=env).objects()]
    check(etag(b'new 5')[1:-1] in log and log[0] == etag(b'old 5')[1:-1], 'the history of the place goes on', log)
    sync('undo', env=env, timeout=300)
    equal(ask('HEAD', '/d/')['etag'], after)
    sync('undo', '--redo', env=env, timeout=300)
    equal(ask('HEAD', '/d/')['etag'], before)
    sync('undo', env=env, timeout=300)

    # To another place, to one that is not there, over a file; where no folder is; over a quota.
    ask('COPY', then, Destination='/elsewhere/')
    equal(ask('HEAD', '/elsewhere/')['etag'], before)
    ask('PUT', '/file', b'x'), ask('COPY', then, Destination='/file')
    equal(ask('HEAD', '/file/')['etag'], before)
    ask('COPY', then, Destination='/no/such/place', want=409)
    ask('MKCOL', '/small')
    subprocess.run(['syncd', 'quota', '/small', '1000', '--store', os.environ['SYNC_STORE']], check=True, stdout=subprocess.DEVNULL)
    ask('COPY', then, Destination='/small/d/', want=507)
    equal(ask('GET', '/small').body, b'')

    # A lock on the place itself stays with the place.
    token = ask('LOCK', '/d/', LOCK, Content_Type='application/xml', Timeout='Second-600')['lock-token']
    ask('COPY', then, Destination='/d/', If=f'<https://localhost/d/> ({token})')
    equal(ask('HEAD', '/d/')['etag'], before)
    equal(line.ask('PUT', '/d/0/0', b'x').status, 423)
    ask('UNLOCK', '/d/', Lock_Token=token)

    # The top folder, with such a one in it.
    for i in range(FOLDERS):
        ask('DELETE', f'/d/{i}')
    sync('restore', '/', '--at', number, env=env, timeout=300)
    equal((ask('HEAD', '/d/')['etag'], ask('GET', '/').body.count(b'\n')), (before, 1))
    equal(db("SELECT count(*) FROM node WHERE parent = 2 AND key LIKE 'stage-%'"), 0)


dav.run(main)
