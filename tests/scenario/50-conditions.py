"""The whole matrix of RFC 9110 section 13 on files and collections."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

BODY = b'one\n'
TAG = etag(BODY)
OTHER = etag(b'other')
PAST, FUTURE = 'Sun, 06 Nov 1994 08:49:37 GMT', 'Fri, 31 Dec 2100 23:59:59 GMT'

# fields, status of GET on a file that is there, of PUT on it
THERE = [
    ({}, 200, 204),
    ({'If-Match': TAG}, 200, 204),
    ({'If-Match': '*'}, 200, 204),
    ({'If-Match': f'{OTHER}, {TAG}'}, 200, 204),
    ({'If-Match': f'{OTHER} , , {TAG} ,'}, 200, 204),
    ({'If-Match': OTHER}, 412, 412),
    ({'If-Match': 'W/' + TAG}, 412, 412),               # strong comparison: weak never matches
    ({'If-Match': TAG[1:-1]}, 412, 412),                # cannot be parsed: closed
    ({'If-Match': ''}, 412, 412),
    ({'If-None-Match': TAG}, 304, 412),
    ({'If-None-Match': '*'}, 304, 412),
    ({'If-None-Match': 'W/' + TAG}, 304, 412),          # weak comparison
    ({'If-None-Match': f'{OTHER}, {TAG}'}, 304, 412),
    ({'If-None-Match': OTHER}, 200, 204),
    ({'If-None-Match': 'JoplinIgnore-123'}, 200, 204),  # cannot be parsed: matches nothing
    ({'If-Unmodified-Since': PAST}, 412, 412),
    ({'If-Unmodified-Since': FUTURE}, 200, 204),
    ({'If-Unmodified-Since': 'yesterday'}, 200, 204),   # not a date: ignored
    ({'If-Modified-Since': PAST}, 200, 204),
    ({'If-Modified-Since': FUTURE}, 304, 204),          # only GET and HEAD know it
    ({'If-Modified-Since': 'tomorrow'}, 200, 204),
    ({'If-Match': TAG, 'If-Unmodified-Since': PAST}, 200, 204),         # If-Match rules
    ({'If-Match': OTHER, 'If-Unmodified-Since': FUTURE}, 412, 412),
    ({'If-None-Match': OTHER, 'If-Modified-Since': FUTURE}, 200, 204),  # If-None-Match rules
    ({'If-None-Match': TAG, 'If-Modified-Since': PAST}, 304, 412),
    ({'If-Match': TAG, 'If-None-Match': TAG}, 304, 412),
    ({'If-Match': OTHER, 'If-None-Match': OTHER}, 412, 412),
]
# On a name where nothing is: PUT.  GET and DELETE are 404 whatever the conditions.
ABSENT = [
    ({}, 201), ({'If-None-Match': '*'}, 201), ({'If-None-Match': TAG}, 201), ({'If-Match': '*'}, 412),
    ({'If-Match': TAG}, 412), ({'If-Unmodified-Since': PAST}, 201),
]


def files(c):
    for n, (fields, get, put) in enumerate(THERE):
        equal(c.ask('PUT', f'/f{n}', BODY).status, 201)
        for method in ('GET', 'HEAD'):
            a = c.ask(method, f'/f{n}', **fields)
            equal(a.status, get, method, fields)
            equal(a['etag'], TAG, method, fields)
            if get == 304:
                check(a['content-length'] is None and a['content-type'] is None, a)
        a = c.ask('PUT', f'/f{n}', b'two', **fields)
        equal(a.status, put, 'PUT', fields)
        equal(a['etag'], etag(b'two') if put == 204 else TAG, fields)
        if put == 204:
            check(a['content-length'] is None and a['content-type'] is None and a['transfer-encoding'] is None, a)
            c.ask('PUT', f'/f{n}', BODY)
        a = c.ask('DELETE', f'/f{n}', **fields)
        equal(a.status, put, 'DELETE', fields)
        equal(a['etag'], TAG)
        equal(c.ask('GET', f'/f{n}').status, 404 if put == 204 else 200, fields)
    for n, (fields, put) in enumerate(ABSENT):
        for method in ('GET', 'HEAD', 'DELETE'):
            equal(c.ask(method, f'/a{n}', **fields).status, 404, method, fields)
        equal(c.ask('PUT', f'/a{n}', BODY, **fields).status, put, fields)
        equal(c.ask('MKCOL', f'/m{n}', **fields).status, put, fields)


def folders(c):
    """The tag is the hash of everything below."""
    c.ask('MKCOL', '/dir')
    c.ask('MKCOL', '/dir/sub')
    empty = c.ask('GET', '/dir/sub/')['etag']
    check(empty.startswith('"2c34ce1d') and empty.endswith('2b51eb"'), empty)
    before = c.ask('GET', '/dir/')['etag']
    c.ask('PUT', '/dir/sub/f', BODY)
    after = c.ask('GET', '/dir/')['etag']
    check(before != after)
    equal(c.ask('GET', '/dir/', If_None_Match=before).status, 200)
    equal(c.ask('GET', '/dir/', If_None_Match=after).status, 304)
    a = c.ask('DELETE', '/dir', If_Match=before)
    equal((a.status, a['etag']), (412, after))
    c.ask('DELETE', '/dir/sub/f')
    equal(c.ask('GET', '/dir/')['etag'], before, 'the same content has the same tag again')
    a = c.ask('DELETE', '/dir/', If_Match=before)
    equal((a.status, a['etag']), (204, before))
    equal(c.ask('GET', '/dir/sub/').status, 404)


def early(c):
    """A condition refuses before the body is asked for: no 100, and the connection says so."""
    c.ask('PUT', '/big', BODY)
    e = Connection()
    e.send(request('PUT', '/big', None, If_Match=OTHER, Expect='100-continue', Content_Length='5000000000'))
    a = e.answer()
    equal((a.status, a['etag']), (412, TAG))
    check(e.at_eof())


def main():
    c = Connection()
    files(c)
    folders(c)
    early(c)


run(main)
