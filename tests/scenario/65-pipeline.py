"""Pipelined requests are answered in their order, whatever takes how long; HEAD, 204 and 304 have no byte after their head (13)."""
import os, random, select, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

BIG = os.urandom(2 << 20)


def mixed(seed, c):
    """A random line of requests with what each must answer; slow ones (a large body, a commit) between quick ones."""
    rng, now, raw, want = random.Random(seed), {}, b'', []
    for i in range(60):
        name = f'/p{rng.randrange(6)}-{seed}'
        kind = rng.choice(['GET', 'GET', 'HEAD', 'PUT', 'PUT', 'PUT', 'DELETE', 'BIG', 'BIGPUT', '304', '412', '404', '501', 'CHUNK', 'RANGE', 'LIST'])
        has = name in now
        if kind in ('GET', 'HEAD'):
            raw += request(kind, name)
            want.append((kind, 200 if has else 404, now.get(name) if kind == 'GET' and has else None))
        elif kind in ('PUT', 'BIGPUT', 'CHUNK'):
            body = b'%d-%d' % (seed, i) * (40000 if kind == 'BIGPUT' else 1)
            if kind == 'CHUNK':
                raw += request('PUT', name, None, Transfer_Encoding='chunked') + b''.join(b'%x\r\n%s\r\n' % (len(body[k:k + 2]), body[k:k + 2]) for k in range(0, len(body), 2)) + b'0\r\n\r\n'
            else:
                raw += request('PUT', name, body)
            want.append(('PUT', 204 if has else 201, None))
            now[name] = body
        elif kind == 'DELETE':
            raw += request('DELETE', name)
            want.append(('DELETE', 204 if has else 404, None))
            now.pop(name, None)
        elif kind == 'BIG':
            raw += request('GET', '/big')
            want.append(('GET', 200, BIG))
        elif kind == '304':
            raw += request('GET', '/big', If_None_Match='*')
            want.append(('GET', 304, None))
        elif kind == '412':
            raw += request('PUT', '/big', b'GET / HTTP/1.1\r\n\r\n', If_Match='"x"')
            want.append(('PUT', 412, None))
        elif kind == '404':
            raw += request('GET', '/none/none')
            want.append(('GET', 404, None))
        elif kind == '501':
            raw += request('BREW', '/big', b'x' * rng.randrange(3000))
            want.append(('BREW', 501, None))
        elif kind == 'RANGE':
            raw += request('GET', '/big', Range='bytes=5-9')
            want.append(('GET', 206, BIG[5:10]))
        else:
            raw += request('GET', '/', Accept=rng.choice(['text/html', 'application/json', '*/*']))
            want.append(('GET', 200, None))
    send(c, raw, rng, want)


def feed(c, raw, rng):
    """In pieces of any size, and what comes meanwhile is taken: else both sides would wait for each other."""
    c.sock.setblocking(False)
    at, n = 0, 0
    while at < len(raw):
        n = n or rng.choice([1, 7, 100, 5000, 100000])
        moved = False
        try:
            at += c.sock.send(raw[at:at + n])
            n, moved = 0, True
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            while data := c.sock.recv(1 << 20):
                c.seen += data
                moved = True
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        if not moved:
            select.select([c.sock], [c.sock] if not n else [], [], 0.01)
    c.sock.settimeout(20)


def send(c, raw, rng, want):
    feed(c, raw, rng)
    for n, (method, status, body) in enumerate(want):
        a = c.answer(method)
        equal(a.status, status, n, method)
        if body is not None:
            check(a.body == body, n, len(a.body), len(body))
        if status in (204, 304):
            check(a['content-length'] is None and a['transfer-encoding'] is None and a['content-type'] is None, a)


def bare_answers(c):
    """After an answer without a body comes at once the next status line."""
    c.ask('PUT', '/one', b'1')
    c.send(request('HEAD', '/one') + request('GET', '/one', If_None_Match='*') + request('PUT', '/one', b'2') + request('HEAD', '/none')
           + request('HEAD', '/') + request('DELETE', '/one') + request('OPTIONS', '*') + request('GET', '/.sync/healthz'))
    seen = b''
    while b'ok\n' not in seen:
        seen += c.sock.recv(65536)
    heads = seen.split(b'\r\n\r\n')
    equal([h.split(b' ')[1] for h in heads[:-1]], [b'200', b'304', b'204', b'404', b'200', b'204', b'200', b'200'])
    check(all(h.startswith(b'HTTP/1.1 ') for h in heads[:-1]) and heads[-1] == b'ok\n', heads)


def flood(c):
    """Far more requests than answers are read: the server waits, and does not collect them."""
    raw = request('GET', '/big')
    c.sock.settimeout(2)
    sent = 0
    try:
        while sent < 64 << 20:
            c.send(raw * 100)
            sent += 100 * len(raw)
    except (TimeoutError, OSError):
        pass
    check(sent < 32 << 20, sent)


def old():
    """HTTP/1.0: closed unless asked to stay; never chunked; pipelined too."""
    auth = f'Authorization: Bearer {os.environ["SYNC_TOKEN"]}\r\n'.encode()
    c = Connection()
    c.send(b'GET /one HTTP/1.0\r\nConnection: keep-alive\r\n%s\r\nGET /big HTTP/1.0\r\n%s\r\nGET /one HTTP/1.1\r\n\r\n' % (auth, auth))
    a, b = c.answer(), c.answer()
    equal((a.status, a['connection'], b.status, b['connection'], b.body == BIG), (404, 'keep-alive', 200, 'close', True))
    check(c.at_eof())
    c = Connection()
    c.send(b'GET /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\nGET /big HTTP/1.1\r\nHost: h\r\n\r\n' % auth)
    a = c.answer()
    equal((a.status, a['connection']), (200, 'close'))
    check(c.at_eof(), 'nothing after close')


def main():
    equal(ask('PUT', '/big', BIG).status, 201)
    for seed in range(8):
        mixed(seed, Connection(timeout=20))
    bare_answers(Connection())
    flood(Connection())
    old()


run_both(main)
