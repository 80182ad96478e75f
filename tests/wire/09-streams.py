"""Replies that are made while they are sent: framing, order, slow and vanishing readers, failures, HTTP/1.0, HEAD, a stop."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *


def stream(count, size, method='GET', version='1.1', **more):
    fields = ''.join(f'X-{k}: {v}\r\n' for k, v in {'Count': count, 'Size': size, **more}.items())
    return request(method, '/stream', fields, version=version)


def content(count, size, gap=False):
    return b''.join(b'%d' % (i % 10) * size for i in range(1, count + 1) if not (gap and i % 2))


def chunk(r):
    while b'\r\n' not in r.b:
        r.more()
    n, r.b = r.b.split(b'\r\n', 1)
    n = int(n, 16)
    while len(r.b) < n + 2:
        r.more()
    data, end, r.b = bytes(r.b[:n]), bytes(r.b[n:n + 2]), r.b[n + 2:]
    check('a chunk ends where it says', end == b'\r\n', end)
    return data


def answer(r):
    c, f, b = r.answer(head=True)
    if f.get('transfer-encoding') == 'chunked':
        check('one framing', 'content-length' not in f, f)
        b = b''.join(iter(lambda: chunk(r), b''))
    else:
        while len(r.b) < int(f['content-length']):
            r.more()
        b, r.b = bytes(r.b[:int(f['content-length'])]), r.b[int(f['content-length']):]
    return c, f, b


def released(server, want):
    """Everything that a stream held is given back."""
    end = time.time() + 20
    while True:
        n = int(server.open(False).ask(request('GET', '/streams'))[2])
        if n >= want or time.time() > end:
            return n == want
        time.sleep(0.05)


server, begun = Server('-l', '2'), 0
for kind, tls, version in KINDS:
    r = server.open(tls, version=version)
    for short in ({}, {'Short': 1}):
        for count, size, gap in ((1, 0, 0), (1, 10, 0), (2, 10, 0), (3, 70000, 0), (50, 65536, 0), (2, 1 << 20, 0), (7, 100, 1), (8, 100, 1), (2, 0, 0)):
            more = {**short, **({'Gap': 1} if gap else {})}
            r.s.sendall(stream(count, size, **more))
            c, f, b = answer(r)
            begun += 1
            check(f'{kind} {count} of {size}', c == 200 and b == content(count, size, gap), (c, f, len(b)))
            check('one piece has a length', (count > 1) == ('transfer-encoding' in f), f)
    # Behind and before other requests of a pipeline.
    r.s.sendall((stream(20, 5000) + request('GET', '/head') + stream(1, 3) + request('PUT', '/a', body=b'x')) * 5)
    for _ in range(5):
        check(f'{kind} pipelined', answer(r)[2] == content(20, 5000))
        check('next', r.answer()[0] == 200)
        check('short', answer(r)[2] == b'111')
        check('last', r.answer()[0] == 204)
    begun += 10
    # HEAD: the head, and nothing behind it.
    for count in (1, 5):
        r.s.sendall(stream(count, 100, 'HEAD') + request('GET', '/head'))
        c, f, b = r.answer(head=True)
        check(f'{kind} HEAD', c == 200, (c, f))
        check('in step after HEAD', r.answer()[2].startswith(b'GET /head'))
        begun += 1
    # HTTP/1.0 knows no chunks: the body ends with the connection.
    r = server.open(tls, stream(20, 70000, version='1.0') + request('GET', '/head'), version=version)
    c, f, b = r.answer(head=True)
    check('1.0 head', c == 200 and not {'transfer-encoding', 'content-length'} & set(f) and f['connection'] == 'close', f)
    while len(r.b) < 20 * 70000:
        r.more()
    check('1.0 body', bytes(r.b) == content(20, 70000), len(r.b))
    r.b.clear()
    check('1.0 end', r.at_end())
    # A failure at once is an answer, a later one cuts: without a last chunk nobody takes it for whole.
    r = server.open(tls, version=version)
    for short in ({}, {'Short': 1}):
        c, f, b = r.ask(stream(5, 10, Fail=1, **short))
        check('failed at once', c == 500, c)
    r.s.sendall(stream(5, 10, Fail=4) + request('GET', '/head'))
    check('begins', r.answer(head=True)[0] == 200)
    seen = bytes(r.b)
    try:
        while True:
            d = r.s.recv(1 << 16)
            if not d:
                break
            seen += d
    except (ConnectionResetError, ssl.SSLError):
        pass
    check('cut', seen == b''.join(b'a\r\n%d\r\n' % (1111111111 * i) for i in (1, 2, 3)), seen)
    begun += 4
check('all released', released(server, begun), begun)

# Readers that go away in the middle, also while a piece is being made.
for n in range(40):
    r = server.open(n % 2 == 0, stream(100000, 65536))
    if n % 4 < 2:
        r.more()
    r.s.close()
check('vanished', released(server, begun + 40))

# A slow reader holds a piece, not the whole: 60 times 600 MB.
before = server.rss_kib()
slow = [server.open(n % 2 == 0, stream(10000, 60000)) for n in range(60)]
for r in slow:
    r.more()
check('others are served', all(server.open(False).ask(request('GET', '/head'))[0] == 200 for _ in range(50)))
check('flat', server.rss_kib() - before < 60 << 10 or 'san' in os.environ['BUILD'], server.rss_kib() - before)
for r in slow:
    r.s.close()
check('slow ones released', released(server, begun + 100))

# A graceful stop lets a stream end.
r = server.open(True, stream(3000, 60000))
r.answer(head=True)
server.process.send_signal(signal.SIGTERM)
check('ends at a stop', sum(map(len, iter(lambda: chunk(r), b''))) == 3000 * 60000 and r.at_end())
server.stop(0)

# Who reads nothing is dropped after stall_s (echo -q: 2 s).
server = Server('-q')
r = server.open(False, stream(10000, 60000))
check('stalled is dropped', released(server, 1))
server.stop(0)
end()
