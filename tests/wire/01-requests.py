"""Requests that are fine, cut and joined in every way: each gets its own answer, in order."""
import os, random, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

server = Server()
random.seed(7)
body = random.randbytes(300000)


def basics(kind, r):
    c, f, _ = r.ask(request('PUT', body=body))
    check(kind + ': PUT', c == 204 and f['etag'] == etag(body), (c, f))
    check(kind + ': a 204 is bare', not {'content-length', 'content-type', 'transfer-encoding'} & f.keys() and 'date' in f, f)
    c, f, b = r.ask(request('GET'))
    check(kind + ': GET', c == 200 and b == body and 'connection' not in f, (c, f))
    c, f, _ = r.ask(request('HEAD'), head=True)
    check(kind + ': HEAD', c == 200 and f['content-length'] == '300000' and not r.b, (c, f))
    c, f, _ = r.ask(request('GET', '/none'))
    check(kind + ': a 304 is bare', c == 304 and not {'content-length', 'content-type'} & f.keys(), f)
    c, f, b = r.ask(request('POST', body=b'hello'))
    check(kind + ': a small body whole', c == 200 and b == b'hello', (c, b))
    c, f, b = r.ask(request('POST', body=b'h' * 1001))
    check(kind + ': a small body too large', c == 413 and 'connection' not in f, (c, f))
    check(kind + ': OPTIONS *', r.ask(request('OPTIONS', '*'))[0] == 204)
    check(kind + ': 404', r.ask(request('GET', '/nope'))[0] == 404)
    check(kind + ': encoded dots', r.ask(request('GET', '/%2e%2e/etc'))[0] == 400)
    check(kind + ': slashes', r.ask(request('GET', '//f'))[0] == 200)
    check(kind + ': absolute form', r.ask(request('GET', 'http://x/f'))[0] == 200)
    c, f, b = r.ask(request('GET', 'HTTPS://x?q=1'))
    check(kind + ': absolute form without a path', c == 404, (c, b))
    c, f, b = r.ask(request('GET', '/head/a?b=c', 'X: 1\r\nx:  2 \r\nHost2: y\r\nX:3\r\n'))
    check(kind + ': fields', b.startswith(b'GET /head/a?b=c length=0 host=x x=1, 2, 3 '), b)
    check(kind + ': empty lines before', r.ask(b'\r\n\r\n' + request('GET', '/head'))[0] == 200)


def bodies_of_all_methods(kind, r):
    """Nothing of a body is ever taken for a request."""
    inner = request('GET', '/head/smuggled')
    for method in ('GET', 'HEAD', 'DELETE', 'PROPFIND', 'BREW', 'TRACE', 'OPTIONS', 'GET'):
        for framed in (f'Content-Length: {len(inner)}\r\n\r\n'.encode() + inner, b'Transfer-Encoding: chunked\r\n\r\n' + chunked(inner, 7),
                       b'Transfer-Encoding: cHuNKed\r\n\r\n' + chunked(inner * 500, 3001, b';a="b;c"')):
            c, f, _ = r.ask(f'{method} /f HTTP/1.1\r\n{H}'.encode() + framed, head=method == 'HEAD')
            want = {'GET': 200, 'HEAD': 200, 'OPTIONS': 204, 'BREW': 501}.get(method, 405)
            check(f'{kind}: body of {method}', c == want and 'connection' not in f, (c, f))
            c, f, b = r.ask(request('GET', '/head/next'))
            check(f'{kind}: after the body of {method}', c == 200 and b.startswith(b'GET /head/next '), (c, b))


def pipelines(kind, r):
    small = b''.join(request('PUT', f'/p{i}', body=b'%d' % i * (i * 700 + 1)) + request('GET', f'/p{i}') for i in range(25))
    r.s.sendall(small)
    for i in range(25):
        a, b = r.answer(), r.answer()
        check(f'{kind}: pipelined {i}', a[0] == 204 and b[0] == 200 and b[2] == b'%d' % i * (i * 700 + 1), (a[0], b[0]))
    large = b''.join(request('PUT', f'/d{i}', body=body[i:]) + request('GET', f'/d{i}') for i in range(10))
    r.send_and_read(large)
    for i in range(10):
        a, b = r.answer(), r.answer()
        check(f'{kind}: pipelined behind a large body {i}', a[0] == 204 and a[1]['etag'] == etag(body[i:]) and b[2] == body[i:])
    r.s.sendall(request('GET', '/head') * 300)
    check(kind + ': 300 at once', [r.answer()[0] for _ in range(300)] == [200] * 300)
    many = request('GET', '/head/' + 'a' * 50) * 3000
    r.send_and_read(many, run=10000)
    check(kind + ': 3000 in records of 10000', [r.answer()[0] for _ in range(3000)] == [200] * 3000)
    for byte in request('PUT', '/slowly', body=b'abc') + request('GET', '/slowly'):
        r.s.sendall(bytes([byte]))
    a, b = r.answer(), r.answer()
    check(kind + ': byte by byte', a[0] == 204 and b[2] == b'abc', (a, b))


def sinks(kind, r):
    """Paused and resumed, on a worker, chunked; a request waits behind each."""
    for fields in ('', 'X-Slow: 1\r\n', 'X-Work: 1\r\n', 'X-Slow: 1\r\nX-Work: 1\r\n'):
        for size in (1, 5000, 70000, 300000):
            for framed in (f'Content-Length: {size}\r\n\r\n'.encode() + body[:size],
                           b'Transfer-Encoding: chunked\r\n\r\n' + chunked(body[:size], max(1, size // 9), b';a=b')):
                r.s.sendall(f'PUT /s HTTP/1.1\r\n{H}{fields}'.encode() + framed + request('GET', '/s'))
                a, b = r.answer(), r.answer()
                check(f'{kind}: {fields.strip()} {size}', a[0] == 204 and a[1]['etag'] == etag(body[:size]) and b[2] == body[:size], a)


def expectations(kind, tls, version):
    r = server.open(tls, f'PUT /e HTTP/1.1\r\n{H}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n'.encode(), version=version)
    check(kind + ': 100', r.answer()[0] == 100)
    check(kind + ': after 100', r.ask(b'hello')[0] == 204)
    c, f, _ = r.ask(f'PUT /e HTTP/1.1\r\n{H}Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello'.encode())
    check(kind + ': no 100 for who does not wait', c == 204, c)
    c, f, _ = r.ask(f'PUT /e HTTP/1.1\r\n{H}X-Deny: 1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'.encode())
    check(kind + ': refused before the body', c == 412 and f['connection'] == 'close' and r.at_end(), (c, f))
    r = server.open(tls, request('PUT', '/e', body=b'x', version='1.0').replace(b'Host', b'Expect: 100-continue\r\nHost'), version=version)
    check(kind + ': HTTP/1.0 expects nothing', r.answer()[0] == 204)
    # An answer while the client still sends: it reads the answer, not a reset.
    r = server.open(tls, f'PUT /e HTTP/1.1\r\n{H}X-Deny: 1\r\nContent-Length: 8000000\r\n\r\n'.encode() + b'z' * 1000000, version=version)
    try:
        for _ in range(7):
            r.s.sendall(b'z' * 1000000)
    except OSError as e:
        check(kind + ': sending on after an early answer', False, e)
    c, f, _ = r.answer()
    check(kind + ': early answer', c == 412 and f['connection'] == 'close', (c, f))
    for framed in (b'Content-Length: 60000\r\n\r\n', b'Transfer-Encoding: chunked\r\n\r\n'):
        r = server.open(tls, f'PUT /e HTTP/1.1\r\n{H}X-Deny: 1\r\n'.encode() + framed, version=version)
        c, f, _ = r.answer()
        rest = b'z' * 60000 if b'Length' in framed else chunked(b'z' * 60000, 997)
        check(kind + ': a short rest is dropped', c == 412 and r.ask(rest + request('GET', '/head/x'))[0] == 200, (c, f))
    r = server.open(tls, f'PUT /e HTTP/1.1\r\n{H}X-Deny: 1\r\nTransfer-Encoding: chunked\r\n\r\n'.encode(), version=version)
    r.answer()
    try:
        for _ in range(20):
            r.s.sendall(chunked(b'z' * 10000, 997, trailer=b'')[:-5])
        check(kind + ': a long chunked rest ends the connection', r.at_end())
    except OSError:
        pass


def versions(kind, tls, version):
    r = server.open(tls, b'GET /f HTTP/1.0\r\n\r\n', version=version)
    c, f, b = r.answer()
    check(kind + ': HTTP/1.0', c == 200 and b == body and f['connection'] == 'close' and r.at_end(), f)
    r = server.open(tls, b'GET /f HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n', version=version)
    c, f, b = r.answer()
    check(kind + ': HTTP/1.0 keep-alive', f['connection'] == 'keep-alive', f)
    c, f, b = r.ask(b'GET /f HTTP/1.0\r\n\r\n')
    check(kind + ': HTTP/1.0 again', c == 200 and r.at_end(), c)
    r = server.open(tls, request('GET', fields='Connection: foo, Close\r\n'), version=version)
    c, f, b = r.answer()
    check(kind + ': close', c == 200 and b == body and f['connection'] == 'close' and r.at_end(), f)
    r = server.open(tls, b'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', version=version)
    c, f, b = r.answer()
    check(kind + ': CONNECT', c == 405 and f['connection'] == 'close' and r.at_end(), (c, f))


def half_close():
    """FIN after the last request: all of them are answered."""
    for tail in (request('GET'), request('GET') * 5, request('PUT', body=body), request('PUT', fields='X-Slow: 1\r\nX-Work: 1\r\n', body=body[:9999])):
        r = server.open(False, request('GET', '/head') + tail)
        r.s.shutdown(socket.SHUT_WR)
        answers = [r.answer()[0] for _ in range(1 + tail.count(b'HTTP/1.1'))]
        check('half-close', set(answers) <= {200, 204} and r.at_end(), answers)
    r = server.open(False, f'PUT /x HTTP/1.1\r\n{H}Content-Length: 9\r\n\r\nabc'.encode())
    r.s.shutdown(socket.SHUT_WR)
    check('half-close in a body', r.at_end())


for kind, tls, version in KINDS:
    connection = server.open(tls, version=version)
    basics(kind, connection)
    bodies_of_all_methods(kind, connection)
    pipelines(kind, connection)
    sinks(kind, connection)
    expectations(kind, tls, version)
    versions(kind, tls, version)
half_close()
server.stop()
end()
