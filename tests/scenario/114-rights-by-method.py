"""Every right on every method, and on every path a request names: what one may not read is 404, not write 403, the way down bare."""
import getpass, os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

LOCKINFO = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
PATCH = b'<propertyupdate xmlns="DAV:"><set><prop><a xmlns="urn:z">x</a></prop></set></propertyupdate>'
REPORT = b'<sync-collection xmlns="DAV:"><sync-token/><sync-level>infinite</sync-level><prop><getetag/></prop></sync-collection>'
READS = {'GET': {}, 'HEAD': {}, 'PROPFIND': {'Depth': '0'}}
WRITES = {'PUT': {}, 'DELETE': {}, 'MKCOL': {}, 'PROPPATCH': {}, 'LOCK': {'Timeout': 'Second-60'}, 'UNLOCK': {'Lock_Token': '<urn:uuid:0>'},
          'MOVE': {'Destination': '/w/moved'}, 'PATCH': {'X_Update_Range': 'append', 'Content_Type': 'application/x-sabredav-partialupdate'}}
BODY = {'PUT': b'x', 'PATCH': b'x', 'PROPPATCH': PATCH, 'LOCK': LOCKINFO, 'PROPFIND': b''}
SECRET = b'what nobody else may see'


def do(method, path, token, **fields):
    return ask(method, path, BODY.get(method), token=token, **{**READS.get(method, WRITES.get(method, {})), **fields})


def main():
    for path in ('/a', '/a/r', '/a/r/sub', '/a/hidden', '/w', '/w/dir', '/other'):
        equal(ask('MKCOL', path).status, 201)
    for path in ('/a/r/f', '/a/r/sub/g', '/a/hidden/h', '/a/near', '/w/f', '/other/o', '/top'):
        equal(ask('PUT', path, SECRET).status, 201)
    token = new_token('--scope', 'read:/a/r', '--scope', 'write:/w', '--scope', 'write:/later/on')

    # Not to be read: not there, whatever the method; nothing tells a thing that is there from one that is not.
    for there, missing in (('/top', '/tip'), ('/other/o', '/other/none'), ('/a/hidden/h', '/a/hidden/none'), ('/a/near', '/a/nearer'), ('/other', '/others')):
        for method in (*READS, *WRITES):
            got, want = do(method, there, token), do(method, missing, token)
            equal((got.status, got.body, [h for h in got.headers if h[0] != 'date']), (404, want.body, [h for h in want.headers if h[0] != 'date']), method, there)
        for method in ('COPY', 'MOVE'):
            for path in (there, missing):
                equal(ask(method, path, token=token, Destination='/w/x').status, 404, method, path)
                equal(ask(method, '/w/f', token=token, Destination=path).status, 403, method, path)
                equal(ask(method, '/w/f', token=token, Destination=path, Overwrite='F').status, 403, method, path)
        for path in (there, missing):
            equal(ask('REPORT', path, REPORT, token=token, Depth='0').status, 403, path)
            # Nor by a condition on it: as if nothing were there.
            equal(ask('PUT', '/w/cond', b'x', token=token, If=f'<{path}> ([{etag(SECRET)}])').status, 412, path)
            equal(ask('PUT', '/w/cond', b'x', token=token, If=f'<{path}> (Not [{etag(SECRET)}])').status, 201, path)
            equal(ask('DELETE', '/w/cond', token=token).status, 204)

    # To be read only.
    for path in ('/a/r', '/a/r/f', '/a/r/sub', '/a/r/sub/g'):
        for method in READS:
            check(do(method, path, token).status in (200, 207), method, path)
        for method in WRITES:
            equal(do(method, path, token).status, 403, method, path)
    equal(ask('REPORT', '/a/r', REPORT, token=token, Depth='0').status, 207)
    for path in ('/a/r/none', '/a/r/none/none'):
        equal([do(m, path, token).status for m in ('PUT', 'MKCOL', 'LOCK')], [403] * 3, path)
        equal(do('GET', path, token).status, 404)
    for method in ('COPY', 'MOVE'):
        equal(ask(method, '/w/f', token=token, Destination='/a/r/f').status, 403, method)
        equal(ask(method, '/w/f', token=token, Destination='/a/r/new').status, 403, method)

    # The way down: to be seen, bare; not to be changed, and not to be taken along as a whole.
    for path in ('/', '/a'):
        for method in WRITES:
            equal(do(method, path, token).status, 403, method, path)
        for depth in ('0', 'infinity'):
            equal(ask('COPY', path, token=token, Destination='/w/copy', Depth=depth).status, 403, path, depth)
        equal(ask('REPORT', path, REPORT, token=token, Depth='0').status, 403, path)
        check(SECRET not in do('GET', path, token).body and etag(SECRET)[1:-1].encode() not in do('GET', path, token).body)
        equal(do('GET', path, token)['etag'], None)
    equal(names(propfind('/', depth='infinity', token=token)), ['/', '/a/', '/a/r/', '/a/r/f', '/a/r/sub/', '/a/r/sub/g', '/w/', '/w/dir/', '/w/f'])
    equal(ask('GET', '/w/copy', token=token).status, 404)
    # A way that is not there yet is not made by who may only write at its end.
    equal(do('MKCOL', '/later', token).status, 403)
    equal(do('MKCOL', '/later/on', token).status, 409)
    equal(do('PUT', '/later/on', token).status, 409)

    # To be written: everything, and both ends of a COPY.
    equal(ask('COPY', '/a/r', token=token, Destination='/w/r').status, 201)
    equal(ask('GET', '/w/r/sub/g', token=token).body, SECRET)
    equal(ask('MOVE', '/w/r', token=token, Destination='/w/dir/r').status, 201)
    equal(ask('MOVE', '/a/r/f', token=token, Destination='/w/stolen').status, 403)
    equal(ask('MOVE', '/w', token=token, Destination='/w2').status, 403)
    lock = do('LOCK', '/w/dir', token)
    equal(lock.status, 200)
    equal(do('PROPPATCH', '/w/dir', token, If=f'<http://localhost/w/dir> ({lock["lock-token"]})').status, 207)
    equal(do('UNLOCK', '/w/dir', token, Lock_Token=lock['lock-token']).status, 204)
    equal(do('DELETE', '/w/dir', token).status, 204)
    equal(ask('DELETE', '/w/f', token=token).status, 204)
    equal(ask('DELETE', '/w', token=token).status, 204) # the place itself is part of what one may write
    equal(ask('MKCOL', '/w', token=token).status, 201)

    # An upload in parts: the destination decides; who may write nothing has no place to put parts.
    files, uploads = (f'/remote.php/dav/{kind}/{getpass.getuser()}' for kind in ('files', 'uploads'))
    equal(ask('MKCOL', uploads + '/set', token=token).status, 201)
    equal(ask('PUT', uploads + '/set/1', b'part', token=token).status, 201)
    for to, status in (('/other/o', 403), ('/other/none', 403), ('/a/r/f', 403), ('/a/r/new', 403), ('/', 403), ('/w/joined', 201)):
        equal(ask('MOVE', uploads + '/set/.file', token=token, Destination=files + to).status, status, to)
    equal(ask('GET', '/w/joined', token=token).body, b'part')
    reader = new_token('--scope', 'read:/')
    equal(ask('MKCOL', uploads + '/theirs', token=reader).status, 403)
    equal(ask('PUT', uploads + '/theirs/1', b'x', token=reader).status, 403)
    for method in (*WRITES, 'COPY'):
        for path in ('/top', '/w', '/'):
            equal(ask(method, path, BODY.get(method), token=reader, **{**WRITES.get(method, {}), 'Destination': '/w/x'}).status, 403, method, path)

    # Reserved names stay that for who may write everything.
    for method in ('PUT', 'MKCOL', 'DELETE', 'PROPPATCH', 'LOCK'):
        for path in ('/.sync/x', '/.sync', '/remote.php'):
            equal(do(method, path, True).status, 403, method, path)
    for method in ('COPY', 'MOVE'):
        equal(ask(method, '/top', Destination='/.sync/x').status, 403, method)


run(main)
