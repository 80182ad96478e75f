"""Rights by path: what one may not read is not there, what one may not write is refused, the way down is bare."""
import base64, os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

HIDDEN = b'secret'


def listing(path, token):
    a = ask('GET', path, token=token)
    return a.status, sorted(line.split(b' ', 3)[3].decode() for line in a.body.split(b'\n')[:-1]) if a.status == 200 else [], a


def main():
    for path in ('/a', '/a/docs', '/a/docs/deep', '/a/other', '/b'):
        equal(ask('MKCOL', path).status, 201)
    for path in ('/a/docs/f', '/a/docs/deep/g', '/a/other/h', '/b/i', '/top', '/a/docsx'):
        equal(ask('PUT', path, HIDDEN).status, 201)
    reader, writer = new_token('--scope', 'read:/a/docs'), new_token('--scope', 'write:/a/docs', '--scope', 'read:/b')

    for token in (reader, writer):
        equal(ask('GET', '/a/docs/f', token=token).body, HIDDEN)
        equal(ask('HEAD', '/a/docs/deep/g', token=token).status, 200)
        for path in ('/top', '/a/other', '/a/other/h', '/a/docsx', '/none', '/a/none'):
            for method in ('GET', 'HEAD', 'PUT', 'DELETE', 'MKCOL', 'PROPFIND'):
                a = ask(method, path, b'x' if method == 'PUT' else None, token=token, If_Match='"x"')
                equal(a.status, 404, method, path)
                check(a['etag'] is None, a)
        for path, members in (('/', ['a/'] + (['b/'] if token is writer else [])), ('/a/', ['docs/'])):
            status, names, a = listing(path, token)
            equal((status, names, a['etag']), (200, members, None))
            check(HIDDEN.hex().encode() not in a.body)
            equal(ask('GET', path, token=token, If_Match='*').status, 200)
        for method in ('PUT', 'DELETE', 'MKCOL'):
            equal(ask(method, '/a', b'x' if method == 'PUT' else None, token=token).status, 403, method)
    equal(listing('/a/docs/', reader)[1], ['deep/', 'f'])
    check(listing('/a/docs/', reader)[2]['etag'])

    for method, path in (('PUT', '/a/docs/f'), ('PUT', '/a/docs/new'), ('DELETE', '/a/docs/f'), ('MKCOL', '/a/docs/m'), ('DELETE', '/a/docs')):
        equal(ask(method, path, b'x' if method == 'PUT' else None, token=reader).status, 403, method, path)
    equal(ask('PUT', '/b/i', b'x', token=writer).status, 403, 'read is not write')
    equal(ask('PUT', '/a/docs/new', b'x', token=writer).status, 201)
    equal(ask('DELETE', '/a/docs/new', token=writer).status, 204)
    equal(ask('GET', '/a/docs/new', token=reader).status, 404)
    # Encodings and slashes lead nowhere else.
    for path in ('/a/docs/..%2f..%2ftop', '/a/docs/%2e%2e/%2e%2e/top', '/a/docs/../../top', '//top', '/a//other/h', '/a/docs%2f..%2fother/h'):
        check(ask('GET', path, token=reader).status in (400, 404), path)
    # Basic with the token as password is the same person; so are the limits.
    user = base64.b64encode(f'x:{reader}'.encode()).decode()
    equal(ask('GET', '/a/docs/f', token=None, Authorization='Basic ' + user).status, 401)


run(main)
