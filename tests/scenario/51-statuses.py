"""Statuses, their order, and what goes with them (protocol: Statuses, Order of checks, Bodies)."""
import base64, hashlib, os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

B = b'hello'


def digest(name, body):
    return f'{name}=:{base64.b64encode(hashlib.new(name.replace("-", ""), body).digest()).decode()}:'


CASES = [
    ('PUT', '/no/such', B, {}, 409),
    ('PUT', '/f/below', B, {}, 409),
    ('PUT', '/d', B, {}, 405),
    ('PUT', '/d/', B, {}, 405),
    ('PUT', '/new/', B, {}, 405),
    ('PUT', '/f?x=1', B, {}, 400),
    ('PUT', '/f', B, {'Content-Range': 'bytes 0-4/10'}, 400),
    ('PUT', '/f', B, {'Content-Encoding': 'gzip'}, 415),
    ('PUT', '/ident', B, {'Content-Encoding': 'identity'}, 201),
    ('PUT', '/.sync/x', B, {}, 403),
    ('PUT', '/remote.php/x', B, {}, 403),
    ('MKCOL', '/.sync', None, {}, 403),
    ('DELETE', '/.sync', None, {}, 403),
    ('DELETE', '/', None, {}, 403),
    ('DELETE', '/none', None, {}, 404),
    ('DELETE', '/f/', None, {}, 404),
    ('GET', '/f/', None, {}, 404),
    ('GET', '/no/such/thing', None, {}, 404),
    ('GET', '/f?anything=1', None, {}, 200),
    ('GET', '/.sync/none', None, {}, 404),
    ('MKCOL', '/d', None, {}, 405),
    ('MKCOL', '/f', None, {}, 405),
    ('MKCOL', '/no/such', None, {}, 409),
    ('MKCOL', '/body', b'<x/>', {}, 415),
    ('MKCOL', '/slash/', None, {}, 201),
    ('PROPFIND', '/', None, {'Depth': '2'}, 400),
    ('PATCH', '/f', B, {}, 415),
    ('TRACE', '/f', None, {}, 405),
    ('BREW', '/f', B, {}, 501),
    ('get', '/f', None, {}, 501),
    ('GET', '/%2e%2e/f', None, {}, 400),
    ('GET', '/d%2ff', None, {}, 400),
    ('GET', '/%00', None, {}, 400),
    ('GET', '/%ff', None, {}, 400),
    ('GET', '/%zz', None, {}, 400),
    ('PUT', '/' + 'n' * 256, B, {}, 414),
    ('PUT', '/' + 'n' * 255, B, {}, 201),
    ('GET', '/f', None, {'Expect': '200-ok'}, 417),
    # the order: 404 before 412, 400/405/415 before 409 before 412
    ('PUT', '/no/such', B, {'If-Match': '"x"'}, 409),
    ('PUT', '/f', B, {'If-Match': '"x"', 'Content-Encoding': 'gzip'}, 415),
    ('PUT', '/no/such', B, {'Content-Range': 'bytes 0-4/5'}, 400),
    ('DELETE', '/none', None, {'If-Match': '"x"'}, 404),
    ('PUT', '/len', B, {'X-Expected-Entity-Length': '6'}, 400),
    ('PUT', '/len', B, {'X-Expected-Entity-Length': '5'}, 201),
    # digests of what is sent
    ('PUT', '/dig1', B, {'Repr-Digest': digest('sha-256', B)}, 201),
    ('PUT', '/dig2', B, {'Content-Digest': digest('sha-512', B) + ', ' + digest('sha-256', B)}, 201),
    ('PUT', '/dig3', B, {'Repr-Digest': digest('sha-256', b'x')}, 400),
    ('PUT', '/dig3', B, {'Content-Digest': digest('sha-512', b'x')}, 400),
    ('PUT', '/dig3', B, {'Repr-Digest': 'sha-256=nonsense'}, 400),
    ('PUT', '/dig4', B, {'Repr-Digest': 'unixsum=:AAAA:'}, 201),
    ('PUT', '/dig5', B, {'OC-Checksum': 'SHA1:' + hashlib.sha1(B).hexdigest()}, 201),
    ('PUT', '/dig3', B, {'OC-Checksum': 'MD5:' + hashlib.md5(b'x').hexdigest()}, 400),
]


def without_credentials(c):
    a = c.ask('OPTIONS', '*', token=None)
    check(a.status in (200, 204) and 'PUT' in a['allow'] and a['sync-features'], a)
    check('ACL' not in a['allow'], 'only what is there is named')
    for token in (None, 'sd_' + '0' * 64):
        for method, path in (('GET', '/f'), ('GET', '/none'), ('PUT', '/f'), ('DELETE', '/f'), ('MKCOL', '/x'), ('GET', '/')):
            a = c.ask(method, path, B if method == 'PUT' else None, token=token)
            equal(a.status, 401, method, path)
            equal([v for n, v in a.headers if n == 'www-authenticate'], ['Basic realm="syncd", charset="UTF-8"', 'Bearer'])
            check(a['etag'] is None)
    basic = base64.b64encode(f'nobody-of-that-name:{os.environ["SYNC_TOKEN"]}'.encode()).decode()
    equal(c.ask('GET', '/f', token=None, Authorization='Basic ' + basic).status, 401, "a token works under its user's name only")


def table():
    for method, path, body, fields, status in CASES:
        a = ask(method, path, body, **fields)
        equal(a.status, status, method, path[:40], fields)
        if status == 405:
            check(a['allow'] is not None, method, path)
        if status >= 400:
            check(a.body.endswith(b'\n') and a.body.count(b'\n') == 1, a)
    equal(ask('GET', '/dig3').status, 404)
    equal(ask('GET', '/body').status, 404)


def connection_lives_on(c):
    """A refusal whose body was framed leaves the connection in step; the body is never run as a request."""
    for method, path, fields in (('BREW', '/f', {}), ('PUT', '/no/such', {}), ('SEARCH', '/f', {}), ('PUT', '/f', {'If-Match': '"x"'})):
        a = c.ask(method, path, b'GET /evil HTTP/1.1\r\n\r\n', **fields)
        check(a.status >= 400)
        equal(c.ask('GET', '/f').body, B, method)


def stored_file(c):
    c.ask('PUT', '/t.html', B, Content_Type='text/x-own; charset=utf-8')
    a = c.ask('GET', '/t.html')
    equal(a['content-type'], 'text/x-own; charset=utf-8')
    for name in ('etag', 'last-modified', 'date', 'content-security-policy'):
        check(a[name], name)
    equal((a['x-content-type-options'], a['cache-control'], a['accept-ranges']), ('nosniff', 'no-cache, private', 'bytes'))
    equal(dict(c.ask('HEAD', '/t.html').headers).keys(), dict(a.headers).keys())
    c.ask('PUT', '/u.png', B)
    equal(c.ask('GET', '/u.png')['content-type'], 'image/png')
    equal(c.ask('GET', '/f', Want_Repr_Digest='sha-256=1')['repr-digest'], digest('sha-256', B))
    equal(c.ask('GET', '/f', Want_Repr_Digest='sha-512=3, sha-256=0')['repr-digest'], None)
    a = c.ask('PUT', '/m', B, X_OC_Mtime='1000000000')
    equal((a.status, a['x-oc-mtime']), (201, 'accepted'))
    equal(c.ask('GET', '/m')['last-modified'], 'Sun, 09 Sep 2001 01:46:40 GMT')
    # The client's own time never makes a date condition lie: the change was now.
    equal(c.ask('GET', '/m', If_Modified_Since='Sun, 09 Sep 2001 01:46:40 GMT').status, 200)
    c.ask('PUT', '/later', B, X_OC_Mtime='4000000000')
    got = c.ask('GET', '/later')
    equal(got['last-modified'], got['date'], 'never later than Date')


def main():
    c = Connection()
    for path in ('/d', '/d/e'):
        equal(c.ask('MKCOL', path).status, 201)
    equal(c.ask('PUT', '/f', B).status, 201)
    without_credentials(c)
    table()
    connection_lives_on(c)
    stored_file(c)


run(main)
