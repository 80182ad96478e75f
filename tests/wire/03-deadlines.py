"""Time: slow heads, bodies, readers, idle connections; and who is slow but moves on is left alone (echo -q: head 2 s, idle 3 s, stall 2 s)."""
import os, select, sys, threading
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

LATE = 5  # seconds by which a busy machine may miss a deadline
server = Server('-q')
with open('big', 'wb') as f:
    f.write(os.urandom(1 << 20) * 64)


def read_some(s, seconds):
    """What came within that time: None if nothing did, b'' at the end."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0:
        if tls_pending(s) or select.select([s], [], [], left)[0]:
            try:
                return s.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                pass  # a piece of a record
    return None


def tls_pending(s):
    return isinstance(s, ssl.SSLSocket) and s.pending() > 0


def until_end(name, s, low, high, want=b'', drip=b'', every=60):
    """Reads to the end, sending `drip` now and then: in one thread, for a TLS connection is not made for two.  The end must
    come between `low` and `high` seconds after the start, and `want` be in what came."""
    began = time.time()
    got = b''
    s.setblocking(False)
    try:
        while True:
            try:
                if drip:
                    s.send(drip)
            except OSError:
                drip = b''  # what came before may still be read
            d = read_some(s, every)
            if d == b'' or time.time() - began > 60:
                break
            got += d or b''
    except OSError:
        pass
    took = time.time() - began
    check(name, low <= took <= high + LATE and (want in got if want else not got), (took, got[:100]))


def slow_reader(kind, tls, version):
    s = server.connect(tls, version)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.sendall(request('GET', '/file/big'))
    time.sleep(6)
    got = 0
    try:
        while d := s.recv(1 << 20):
            got += len(d)
    except OSError:
        pass
    check(kind + ': a reader that does not read', got < 64 << 20, got)


def trickling_reader(kind, tls, version):
    """A reader of 100 KiB/s is slow, not stalled, however large the socket's buffers are: it gets all."""
    s = server.connect(tls, version)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.sendall(request('GET', '/file/big'))
    began = time.time()
    got = 0
    try:
        while d := s.recv(20000 if time.time() - began < 9 else 1 << 20):
            got += len(d)
            if time.time() - began < 9:
                time.sleep(0.2)
            if got > 64 << 20:
                break
    except OSError:
        pass
    check(kind + ': a slow reader', got > 64 << 20, got)


def slow_sender(kind, tls, version):
    r = server.open(tls, f'PUT /x HTTP/1.1\r\n{H}Content-Length: 14000\r\n\r\n'.encode(), version=version)
    for _ in range(14):
        r.s.sendall(b'x' * 1000)
        time.sleep(0.45)
    check(kind + ': a slow sender', r.answer()[0] == 204)


def one(kind, tls, version, jobs):
    def start(function, *args, **how):
        t = threading.Thread(target=function, args=args, kwargs=how)
        t.start()
        jobs.append(t)

    start(until_end, kind + ': nothing said', server.connect(tls, version), 1.5, 4.5)
    r = server.open(tls, request('GET', '/head'), version=version)
    r.answer()
    start(until_end, kind + ': idle', r.s, 2.5, 6)
    s = server.connect(tls, version)
    s.sendall(b'GET /f HTTP/1.1\r\nA: ')
    start(until_end, kind + ': half a head', s, 1.5, 6, b' 408 ')
    s = server.connect(tls, version)
    s.sendall(b'GET /f HTTP/1.1\r\nA: ')
    start(until_end, kind + ': a dripping head', s, 1.5, 6, b' 408 ', drip=b'x', every=0.2)
    r = server.open(tls, request('GET', '/head'), version=version)
    r.answer()
    r.s.sendall(b'GET ')
    start(until_end, kind + ': a dripping second head', r.s, 1.5, 6, b' 408 ', drip=b'x', every=0.2)
    for name, head in (('', 'Content-Length: 900000'), (' chunked', 'Transfer-Encoding: chunked')):
        s = server.connect(tls, version)
        s.sendall(f'PUT /q HTTP/1.1\r\n{H}{head}\r\n\r\n'.encode())
        start(until_end, kind + ': a stalled body' + name, s, 1.5, 6)
    s = server.connect(tls, version)
    s.sendall(f'PUT /q HTTP/1.1\r\n{H}Content-Length: 900000\r\n\r\n'.encode())
    start(until_end, kind + ': a dripping body', s, 1.5, 6, drip=b'x', every=0.3)
    s = server.connect(tls, version)
    s.sendall(f'GET /head HTTP/1.1\r\n{H}Content-Length: 9000\r\n\r\n'.encode())
    start(until_end, kind + ': a dripping rest', s, 1.5, 6, b' 200 ', drip=b'x', every=0.3)
    s = server.connect(tls, version)
    s.sendall(f'GET /head HTTP/1.1\r\n{H}Content-Length: 900000\r\n\r\n'.encode())
    start(until_end, kind + ': a dripping linger', s, 0, 5, b' 200 ', drip=b'x', every=0.1)
    start(slow_reader, kind, tls, version)
    start(trickling_reader, kind, tls, version)
    start(slow_sender, kind, tls, version)


jobs = []
for kind in KINDS[:2]:
    one(*kind, jobs)
until_end('half a handshake', socket.create_connection(('127.0.0.1', server.tls), timeout=20), 1.5, 4.5)
for job in jobs:
    job.join()
# What takes the server's own time has no deadline: a paused sink, a late answer.
for _, tls, version in KINDS:
    r = server.open(tls, request('GET', '/late') * 4, version=version)
    check('late answers', [r.answer()[0] for _ in range(4)] == [200] * 4)
server.stop()
end()
