"""What a validator belongs to: one form of a listing has a tag, a bare collection has none, a 304 says what the 200 would."""
import json, os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

FORMS = ('application/json', 'text/html')


def forms(c):
    tag = c.ask('GET', '/d/')['etag']
    for path in ('/d', '/d/'):
        whole, same = c.ask('GET', path), c.ask('GET', path, If_None_Match=tag)
        equal((whole.status, same.status), (200, 304))
        for name in ('etag', 'vary', 'content-location', 'cache-control'):
            equal(same[name], whole[name], path, name)
    for accept in FORMS:
        a = c.ask('GET', '/d/', Accept=accept, If_None_Match=tag)
        equal((a.status, a['etag'], a['content-type'].split(';')[0]), (200, None, accept), 'the tag is not of this form')
        a = c.ask('GET', '/d/', Accept=accept, If_None_Match='*')
        equal((a.status, a['etag']), (304, None))
        a = c.ask('GET', '/d/', Accept=accept, If_Match=tag)
        equal((a.status, a['etag']), (412, None))
    # A change is a change whatever the client likes to read.
    equal(c.ask('DELETE', '/gone', If_Match=c.ask('GET', '/gone')['etag'], Accept='application/json').status, 204)


def bare(c):
    """Who sees only the way down learns nothing of the rest, by no condition."""
    tag, token = c.ask('GET', '/d/')['etag'], new_token('--scope', 'read:/d/sub')
    for method in ('GET', 'HEAD'):
        for fields in ({}, {'If_None_Match': '*'}, {'If_None_Match': tag}, {'If_Match': tag}, {'If_Match': '*'}, {'If_Match': '"x"'}):
            for accept in ('*/*', *FORMS):
                a = c.ask(method, '/d/', token=token, Accept=accept, **fields)
                equal(a['etag'], None, method, fields, accept)
                check(tag.strip('"') not in repr(a), a)
                if tag in fields.values():
                    equal(a.status, 412 if 'If_Match' in fields else 200, fields)


def odd_types(c):
    """A stored type comes back as it was, or not at all; in a JSON listing it is text."""
    for n, (sent, got) in enumerate((('text/html; a="b\\"c"', 'text/html; a="b\\"c"'), ('text/plain;charset=utf-8', 'text/plain;charset=utf-8'),
                                     ('text', None), ('text/html\tx', None), ('a/' + 'b' * 300, None), ('', None), ('a/b, c/d', None))):
        equal(c.ask('PUT', f'/types/{n}', b'x', Content_Type=sent).status, 201)
        equal(c.ask('GET', f'/types/{n}')['content-type'], got or 'application/octet-stream', sent)
    c.send(b'PUT /types/raw HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nContent-Type: a/b; c="\xff\xe4"\r\nContent-Length: 1\r\n\r\nx'
           % os.environ['SYNC_TOKEN'].encode())
    equal(c.answer().status, 201)
    c.ask('GET', '/types/raw')
    members = json.loads(c.ask('GET', '/types/', Accept='application/json').body.decode('utf-8'))['members']
    equal(len(members), 8)
    # A new content without a type does not keep the old one's.
    c.ask('PUT', '/types/0', b'y')
    equal(c.ask('GET', '/types/0')['content-type'], 'application/octet-stream')


def small_things(c):
    for path in ('/', '/f', '/.sync/healthz', '/.sync/none', '/none'):
        equal(c.ask('BREW', path).status, 501, path)
    for value, taken in (('1000000000', 'accepted'), ('0', 'accepted'), ('-5', None), ('1.5', None), ('99999999999999999999', None), ('x', None), ('', None)):
        equal(c.ask('PUT', '/mtime', b'x', X_OC_Mtime=value)['x-oc-mtime'], taken, value)
    # A body without a length is nothing in HTTP/1.0: refused, else an empty file would take the place of the client's.
    c.ask('PUT', '/kept', b'kept')
    old = Connection()
    old.send(b'PUT /kept HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\nhello' % os.environ['SYNC_TOKEN'].encode())
    equal(old.answer().status, 400)
    equal(c.ask('GET', '/kept').body, b'kept')
    # Another site's page changes nothing, whatever its credentials; a method override is not heard.
    for method in ('PUT', 'DELETE', 'MKCOL', 'POST'):
        equal(c.ask(method, '/kept', b'x' if method == 'PUT' else None, Sec_Fetch_Site='cross-site').status, 403, method)
    for name in ('X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'):
        equal(c.ask('POST', '/kept?_method=DELETE', b'', **{name: 'DELETE'}).status, 405)
    a = c.ask('GET', '/kept', Origin='https://evil.example')
    check(a.body == b'kept' and not [n for n, _ in a.headers if n.startswith('access-control-')], a)
    equal(c.ask('GET', f'/kept?access_token={os.environ["SYNC_TOKEN"]}', token=None).status, 401)


def main():
    c = Connection()
    for path in ('/d', '/d/sub', '/gone', '/types'):
        c.ask('MKCOL', path)
    c.ask('PUT', '/d/sub/f', b'x')
    c.ask('PUT', '/d/hidden', b'secret')
    c.ask('PUT', '/gone/f', b'x')
    forms(c)
    bare(c)
    odd_types(c)
    small_things(c)


run(main)
