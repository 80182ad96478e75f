"""Everything ambiguous is refused with its status, the connection closes, and nothing behind it is run."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

server = Server()
CANARY = request('PUT', '/canary', body=b'x')
HEADS = [
    ('TE and CL', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc', 400),
    ('CL and TE', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n', 400),
    ('two CL', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc', 400),
    ('CL list', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3, 3\r\n\r\nabc', 400),
    ('CL +3', f'PUT /x HTTP/1.1\r\n{H}Content-Length: +3\r\n\r\nabc', 400),
    ('CL -1', f'PUT /x HTTP/1.1\r\n{H}Content-Length: -1\r\n\r\nabc', 400),
    ('CL 0x3', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 0x3\r\n\r\nabc', 400),
    ('CL 3 a', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3 a\r\n\r\nabc', 400),
    ('CL 3;', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3;\r\n\r\nabc', 400),
    ('CL empty', f'PUT /x HTTP/1.1\r\n{H}Content-Length:\r\n\r\nabc', 400),
    ('CL NUL', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 3\0\r\n\r\nabc', 400),
    ('CL huge', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 99999999999999999999\r\n\r\nabc', 400),
    ('CL 2^63', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 9223372036854775808\r\n\r\nabc', 400),
    ('CL 2^64+3', f'PUT /x HTTP/1.1\r\n{H}Content-Length: 18446744073709551619\r\n\r\nabc', 400),
    ('TE gzip', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: gzip, chunked\r\n\r\n', 501),
    ('TE identity', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: identity\r\n\r\n', 501),
    ('TE chunked;q', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: chunked;q=1\r\n\r\n', 501),
    ('TE ,chunked', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: ,chunked\r\n\r\n', 501),
    ('TE chunked,chunked', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: chunked, chunked\r\n\r\n', 501),
    ('TE "chunked"', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: "chunked"\r\n\r\n', 501),
    ('TE xchunked', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: xchunked\r\n\r\n', 501),
    ('TE \\v', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: \x0bchunked\r\n\r\n', 400),
    ('TE empty', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: \r\n\r\n', 400),
    ('TE twice', f'PUT /x HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n', 400),
    ('TE 1.0', f'PUT /x HTTP/1.0\r\n{H}Transfer-Encoding: chunked\r\n\r\n', 400),
    ('obs-fold', f'GET /f HTTP/1.1\r\n{H}A: b\r\n c\r\n\r\n', 400),
    ('obs-fold tab', f'GET /f HTTP/1.1\r\n{H}A: b\r\n\tc\r\n\r\n', 400),
    ('fold first', f'GET /f HTTP/1.1\r\n {H}\r\n', 400),
    ('space colon', f'GET /f HTTP/1.1\r\n{H}Content-Length : 3\r\n\r\n', 400),
    ('empty name', f'GET /f HTTP/1.1\r\n{H}: 3\r\n\r\n', 400),
    ('no colon', f'GET /f HTTP/1.1\r\n{H}abc\r\n\r\n', 400),
    ('name (x)', f'GET /f HTTP/1.1\r\n{H}a(x): b\r\n\r\n', 400),
    ('name \\x80', f'GET /f HTTP/1.1\r\n{H}a\x80: b\r\n\r\n', 400),
    ('bare LF', f'GET /f HTTP/1.1\n{H}\n', 400),
    ('bare LF head end', f'GET /f HTTP/1.1\n\n', 400),
    ('bare LF field', f'GET /f HTTP/1.1\r\n{H}A: b\nTransfer-Encoding: chunked\r\n\r\n', 400),
    ('bare CR', f'GET /f HTTP/1.1\r\n{H}A: b\rc\r\n\r\n', 400),
    ('NUL', f'GET /f HTTP/1.1\r\n{H}A: b\0c\r\n\r\n', 400),
    ('DEL', f'GET /f HTTP/1.1\r\n{H}A: b\x7fc\r\n\r\n', 400),
    ('no host', f'GET /f HTTP/1.1\r\n\r\n', 400),
    ('no host, close', f'GET /f HTTP/1.1\r\nConnection: close\r\n\r\n', 400),
    ('two hosts', f'GET /f HTTP/1.1\r\n{H}{H}\r\n', 400),
    ('host empty', f'GET /f HTTP/1.1\r\nHost:\r\n\r\n', 400),
    ('host list', f'GET /f HTTP/1.1\r\nHost: a, b\r\n\r\n', 400),
    ('host path', f'GET /f HTTP/1.1\r\nHost: a/b\r\n\r\n', 400),
    ('host user', f'GET /f HTTP/1.1\r\nHost: u@a\r\n\r\n', 400),
    ('host port', f'GET /f HTTP/1.1\r\nHost: a:b\r\n\r\n', 400),
    ('host [', f'GET /f HTTP/1.1\r\nHost: [::1\r\n\r\n', 400),
    ('2.0', f'GET /f HTTP/2.0\r\n{H}\r\n', 505),
    ('1.2', f'GET /f HTTP/1.2\r\n{H}\r\n', 505),
    ('0.9 said', f'GET /f HTTP/0.9\r\n{H}\r\n', 505),
    ('1.10', f'GET /f HTTP/1.10\r\n{H}\r\n', 505),
    ('http/1.1', f'GET /f http/1.1\r\n{H}\r\n', 400),
    ('HTTP/1.1x', f'GET /f HTTP/1.1x\r\n{H}\r\n', 400),
    ('0.9', f'GET /f\r\n\r\n', 400),
    ('two spaces', f'GET  /f HTTP/1.1\r\n{H}\r\n', 400),
    ('space after version', f'GET /f HTTP/1.1 \r\n{H}\r\n', 400),
    ('space in target', f'GET /f x HTTP/1.1\r\n{H}\r\n', 400),
    ('tab target', f'GET\t/f HTTP/1.1\r\n{H}\r\n', 400),
    ('space first', f' GET /f HTTP/1.1\r\n{H}\r\n', 400),
    ('fragment', f'GET /f#x HTTP/1.1\r\n{H}\r\n', 400),
    ('relative', f'GET f HTTP/1.1\r\n{H}\r\n', 400),
    ('other scheme', f'GET ftp://x/f HTTP/1.1\r\n{H}\r\n', 400),
    ('absolute, no host', f'GET http:///f HTTP/1.1\r\n{H}\r\n', 400),
    ('absolute, user', f'GET http://u@x/f HTTP/1.1\r\n{H}\r\n', 400),
    ('* for GET', f'GET * HTTP/1.1\r\n{H}\r\n', 400),
    ('* for PUT', f'PUT * HTTP/1.1\r\n{H}Content-Length: 0\r\n\r\n', 400),
    ('CONNECT path', f'CONNECT /f HTTP/1.1\r\n{H}\r\n', 400),
    ('method (', f'G(T /f HTTP/1.1\r\n{H}\r\n', 400),
    ('method long', f'{"G" * 65} /f HTTP/1.1\r\n{H}\r\n', 501),
    ('garbage', '\x16\x03\x01\r\n\r\n', 400),
    ('expect', f'PUT /x HTTP/1.1\r\n{H}Expect: 200-ok\r\nContent-Length: 1\r\n\r\n', 417),
    ('long target', f'GET /{"a" * 12300} HTTP/1.1\r\n{H}\r\n', 414),
    ('long target, no end', f'GET /{"a" * 40000}', 414),
    ('long field', f'GET /f HTTP/1.1\r\n{H}A: {"b" * 17000}\r\n\r\n', 431),
    ('long name, no end', f'GET /f HTTP/1.1\r\n{H}{"b" * 17000}', 431),
    ('many fields', f'GET /f HTTP/1.1\r\n{H}' + 'A: b\r\n' * 100 + '\r\n', 431),
    ('many empty lines', '\r\n' * 20 + f'GET /f HTTP/1.1\r\n{H}\r\n', 400),
]
CHUNKS = [
    ('size', b'zz\r\n'), ('no size', b'\r\n'), ('only ext', b';a=b\r\n'), ('0x', b'0x3\r\nabc\r\n'), ('neg', b'-3\r\nabc\r\n'), ('plus', b'+3\r\nabc\r\n'),
    ('space', b'3 \r\nabc\r\n'), ('space ext', b'3 ;a\r\nabc\r\n'), ('space first', b' 3\r\nabc\r\n'), ('tab', b'3\t\r\nabc\r\n'), ('underscore', b'1_0\r\n'),
    ('long', b'1' * 17 + b'\r\n'), ('overflow', b'10000000000000003\r\nabc\r\n'), ('ctl', b'3;\x01\r\nabc\r\n'), ('NUL', b'3\0\r\nabc\r\n'),
    ('bare LF', b'3\nabc\n'), ('bare LF ext', b'3;a\nabc\r\n'), ('bare CR', b'3\rX'), ('no CRLF', b'3\r\nabcX\r\n0\r\n\r\n'), ('LF after data', b'3\r\nabc\n0\r\n\r\n'),
    ('CR after data', b'3\r\nabc\rX'), ('line', b'3;' + b'a' * 400), ('trailer', b'0\r\n' + b'A: ' + b'b' * 9000), ('trailers', b'0\r\n' + b'A: b\r\n' * 2000),
    ('trailer LF', b'0\r\nA: b\n\r\n'), ('trailer fold', b'0\r\nA: b\r\n c\r\n\r\n'), ('trailer bare', b'0\r\nabc\r\n\r\n'), ('end LF', b'0\r\n\n'),
]
server.open(False, request('PUT', '/f', body=b'x')).answer()
for kind, tls, version in KINDS[:2]:
    for name, head, want in HEADS:
        try:
            r = server.open(tls, head.encode('latin1') + (b'' if 'no end' in name else CANARY), version=version)
            c, f, b = r.answer()
            check(f'{kind}: {name}', c == want and f['connection'] == 'close' and 'date' in f, (c, f))
            check(f'{kind}: {name}: closes', r.at_end())
        except Exception as e:
            check(f'{kind}: {name}', False, repr(e))
    for name, data in CHUNKS:
        for denied in ('', 'X-Deny: 1\r\n'):
            try:
                r = server.open(tls, f'PUT /x HTTP/1.1\r\n{H}{denied}Transfer-Encoding: chunked\r\n\r\n'.encode() + data + b'0\r\n\r\n' + CANARY, version=version)
                c, f, _ = r.answer()
                check(f'{kind}: chunk {name}', c == (412 if denied else 400), (c, f))
                check(f'{kind}: chunk {name}: closes', r.at_end())
            except Exception as e:
                check(f'{kind}: chunk {name} {denied}', False, repr(e))
    for method in ('GET', 'PROPFIND', 'BREW'):
        r = server.open(tls, f'{method} /f HTTP/1.1\r\n{H}Content-Length: 200000\r\n\r\n'.encode() + CANARY, version=version)
        c, f, _ = r.answer()
        check(f'{kind}: a long body nobody reads', f['connection'] == 'close' and r.at_end(), (c, f))
    check(f'{kind}: nothing hidden was run', server.open(tls, request('GET', '/canary'), version=version).answer()[0] == 404)
# One byte at a time a bad head is refused as soon as it cannot become a good one.
r = server.open(False)
sent = 0
try:
    for byte in f'GET /f HTTP/1.1\r\nA : b{"x" * 100}'.encode():
        r.s.sendall(bytes([byte]))
        sent += 1
        time.sleep(0.002)
except OSError:
    pass
check('refused early', r.answer()[0] == 400)
server.stop()
end()
