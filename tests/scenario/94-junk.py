"""What becomes of the files that desktops leave: kept, hidden from listings, or dropped, each with a client that sees no error."""
import json, os, re, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

JUNK = ('.DS_Store', '._a.txt', 'THUMBS.DB')
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'


def names(depth):
    return sorted(n for n in re.findall(r'<D:href>/([^<]*)</D:href>', ask('PROPFIND', '/', Depth=depth).body.decode()) if n)


def listed(accept):
    body = ask('GET', '/', Accept=accept).body.decode()
    if accept == 'application/json':
        return sorted(m['name'] for m in json.loads(body)['members'])
    return sorted(n for n in (*JUNK, 'a.txt', '._') if re.search('[ >]' + re.escape(n) + '(\n|<)', body))


def main():
    policy = os.environ['POLICY']
    for name in ('a.txt', '._', *JUNK):
        a = ask('PUT', '/' + name, b'x')
        equal((a.status, a['etag']), (201, etag(b'x') if policy != 'drop' or name not in JUNK else None), name)
    plain = sorted(['a.txt', '._'])
    everything = sorted([*plain, *JUNK])
    shown = everything if policy == 'keep' else plain
    for depth in ('1', 'infinity'):
        equal(names(depth), shown)
    equal(listed('application/json'), shown)
    equal(listed('text/html'), shown)
    # What has the folder hash for its entity tag lists what that covers.
    equal(listed('text/plain'), plain if policy == 'drop' else everything)
    for name in JUNK:
        equal(ask('GET', '/' + name).status, 404 if policy == 'drop' else 200)
        equal(ask('PROPFIND', '/' + name, Depth='0').status, 404 if policy == 'drop' else 207)
    # As Finder does it: a lock first, then the body, then the lock goes.
    lock = ask('LOCK', '/._b', LOCK)
    equal(lock.status, 201)
    a = ask('PUT', '/._b', b'resource fork', If=f'({lock["lock-token"]})')
    equal((a.status, a['etag']), (204, etag(b'resource fork') if policy != 'drop' else None))
    equal(ask('PUT', '/._b', b'stranger').status, 423)
    equal(ask('UNLOCK', '/._b', Lock_Token=lock['lock-token']).status, 204)
    equal(ask('DELETE', '/._b').status, 204)
    # Dropping is no way round a check, and folders are folders.
    equal(ask('PUT', '/no/._c', b'x').status, 409)
    equal(ask('PUT', '/._c', b'x', If_Match='*').status, 412)
    equal(ask('PUT', '/._c', b'x', Repr_Digest='sha-256=:' + 'A' * 43 + '=:').status, 400)
    equal(ask('MKCOL', '/._folder').status, 201)
    check('._folder/' in names('1'))


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
for policy in ('keep', 'hide', 'drop'):
    with open('config', 'w') as f:
        f.write(f'junk-files = {policy}\n')
    if start('--config', 'config', env={'POLICY': policy}):
        sys.exit(policy)
