"""Ranges: single, suffix, several, unsatisfiable, If-Range; over a segment and an object file, and over TLS windows."""
import os, random, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def parts(a):
    """multipart/byteranges taken apart by its boundary: [(content-range, bytes)]."""
    boundary = a['content-type'].split('boundary=')[1].strip('"').encode()
    pieces = a.body.split(b'--' + boundary)
    check(pieces[-1].startswith(b'--'), pieces[-1])
    out = []
    for piece in pieces[1:-1]:
        head, body = piece.removeprefix(b'\r\n').split(b'\r\n\r\n', 1)
        fields = dict(line.lower().split(': ', 1) for line in head.decode().split('\r\n'))
        out.append((fields['content-range'], body[:-2]))
    return out


def one_file(c, path, size):
    body = random.Random(size).randbytes(size)
    tag = etag(body)
    equal(c.ask('PUT', path, body, Content_Type='application/x-b').status, 201)
    for value, first, last in [('bytes=0-0', 0, 0), ('bytes=0-99', 0, 99), ('bytes=500-', 500, size - 1),
                               ('bytes=-7', size - 7, size - 1), (f'bytes=990-{size * 9}', 990, size - 1),
                               (f'bytes=-{size * 9}', 0, size - 1), ('Bytes=1-2', 1, 2), ('bytes= 3-4 ,', 3, 4)]:
        a = c.ask('GET', path, Range=value)
        equal((a.status, a['content-range']), (206, f'bytes {first}-{last}/{size}'), value)
        equal(a.body, body[first:last + 1], value)
        equal((a['etag'], a['content-type']), (tag, 'application/x-b'))
        a = c.ask('HEAD', path, Range=value)
        equal((a.status, a['content-length']), (200, str(size)), 'ranges are for GET alone')
    for value in (f'bytes={size}-', f'bytes={size}-{size + 5}', 'bytes=-0'):
        a = c.ask('GET', path, Range=value)
        equal((a.status, a['content-range']), (416, f'bytes */{size}'), value)
    for value in ('bytes=5-2', 'bytes=a-b', 'lines=1-2', 'bytes', 'bytes=', 'bytes=--5', 'bytes=1-2x', 'bytes=0x1-2'):
        a = c.ask('GET', path, Range=value)
        equal((a.status, len(a.body)), (200, size), value)
    a = c.ask('GET', path, Range='bytes=0-9, 400-409, -10')
    equal((a.status, a['content-type'].split(';')[0]), (206, 'multipart/byteranges'))
    equal(parts(a), [(f'bytes 0-9/{size}', body[:10]), (f'bytes 400-409/{size}', body[400:410]),
                     (f'bytes {size - 10}-{size - 1}/{size}', body[-10:])])
    # Apache's killer of 2011: a thousand overlapping ranges cost no more than the file.
    a = c.ask('GET', path, Range='bytes=' + ','.join(f'0-{i}' for i in range(1, 1000)))
    check(a.status in (200, 206) and len(a.body) <= size + 1000, a.status, len(a.body))
    for value, status in ((tag, 206), ('W/' + tag, 200), (etag(b''), 200), ('*', 200), ('garbage', 200),
                          ('Fri, 31 Dec 2100 23:59:59 GMT', 200), ('Sun, 09 Sep 2001 01:46:40 GMT', 200)):
        a = c.ask('GET', path, Range='bytes=1-3', If_Range=value)
        equal(a.status, status, value)
        equal(a.body, body[1:4] if status == 206 else body)
    equal(c.ask('GET', path, Range='bytes=0-1', If_None_Match=tag).status, 304, 'conditions come first')
    equal(c.ask('GET', path, Range='bytes=0-1', If_Match=etag(b'')).status, 412)


def main():
    c = Connection()
    one_file(c, '/small', 1000)
    one_file(c, '/large', 3 << 20)
    c.ask('PUT', '/empty', b'')
    a = c.ask('GET', '/empty')
    equal((a.status, a['content-length'], a.body), (200, '0', b''))
    a = c.ask('GET', '/empty', Range='bytes=0-')
    equal((a.status, a['content-range']), (416, 'bytes */0'))


run(main)
