"""PATCH with X-Update-Range: parts of files, whole or not at all, held to conditions and locks."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

TYPE = 'application/x-sabredav-partialupdate'


def patch(path, span, body, **fields):
    return ask('PATCH', path, body, **{'X-Update-Range': span, 'Content-Type': TYPE, **fields})


def main():
    options = ask('OPTIONS', '/', token=None)
    check('sabredav-partialupdate' in options['dav'] and options['accept-patch'] == TYPE)
    equal(ask('PUT', '/f', b'0123456789', **{'Content-Type': 'text/x-odd'}).status, 201)
    want = b'0123456789'
    for span, body, first in (('bytes=2-4', b'abc', 2), ('bytes=0-', b'X', 0), ('bytes=-1', b'YZ', 9), ('append', b'end', 11), ('bytes=14-', b'!', 14),
                              ('bytes=3-', b'', 3), ('append', b'', 15)):
        a = patch('/f', span, body)
        want = want[:first] + body + want[first + len(body):]
        equal((a.status, a['etag'], a.body), (204, etag(want), b''), span)
        got = ask('GET', '/f')
        equal((got.body, got['etag'], got['content-type']), (want, etag(want), 'text/x-odd'), span)
    tag = etag(want)
    # What is refused changes nothing.
    for span, body, fields, status in (('bytes=99-', b'x', {}, 416), ('bytes=0-5', b'x', {}, 416), ('bytes=-99', b'x', {}, 416), ('nonsense', b'x', {}, 400),
                                       ('append', b'x', {'Content-Type': 'text/plain'}, 415), ('append', b'x', {'If-Match': '"other"'}, 412),
                                       ('append', b'x', {'If-None-Match': '*'}, 412), ('append', b'x', {'If': '(["other"])'}, 412),
                                       ('append', b'x', {'OC-Checksum': 'MD5:' + '0' * 32}, 400)):
        a = patch('/f', span, body, **fields)
        equal(a.status, status, span, fields)
        if status == 415:
            equal(a['accept-patch'], TYPE)
    equal(ask('PATCH', '/f', b'x', **{'Content-Type': TYPE}).status, 400)
    c = Connection()
    c.send(request('PATCH', '/f', None, Transfer_Encoding='chunked', **{'X-Update-Range': 'append', 'Content-Type': TYPE}) + b'1\r\nx\r\n0\r\n\r\n')
    equal(c.answer('PATCH').status, 411)
    c.close()
    equal([patch(p, 'append', b'x').status for p in ('/none', '/no/such')], [404, 404])
    ask('MKCOL', '/d')
    equal(patch('/d', 'append', b'x').status, 405)
    equal(ask('GET', '/f')['etag'], tag)
    equal(patch('/f', 'append', b'+', **{'If-Match': tag}).status, 204)
    want += b'+'
    # Locked: by token alone.
    lock = ask('LOCK', '/f', b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>',
               **{'Content-Type': 'application/xml'})
    equal(patch('/f', 'append', b'x').status, 423)
    equal(patch('/f', 'append', b'x', If=f'({lock["lock-token"]})').status, 204)
    # A large file: through the worker, both parts of the old content around the new one.
    big = bytearray(os.urandom(3 << 20))
    equal(ask('PUT', '/big', bytes(big)).status, 201)
    part = os.urandom(1 << 20)
    big[1000000:1000000 + len(part)] = part
    equal(patch('/big', f'bytes=1000000-{1000000 + len(part) - 1}', part)['etag'], etag(bytes(big)))
    check(ask('GET', '/big').body == bytes(big))
    # The body breaks off: nothing happened.
    c = Connection()
    c.send(request('PATCH', '/big', None, Content_Length='1000', **{'X-Update-Range': 'append', 'Content-Type': TYPE}) + b'abc')
    c.close()
    equal(ask('GET', '/big')['etag'], etag(bytes(big)))


run_both(main)
