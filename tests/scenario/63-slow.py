"""Slow and silent clients: each loses its connection when its time is up, and a thousand of them hinder nobody (threats 56, 57)."""
import os, resource, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

CONFIG = 'handshake-timeout = 3s\nidle-timeout = 3s\nstall-timeout = 3s\nlinger-timeout = 1s\n'
TOO_LONG = 14.0  # the deadlines are of 3 s; the machine may be busy, and a sanitizer slow
CROWD_IDLE, CROWD_SLOW = 1000, 500
AUTH = f'Host: h\r\nAuthorization: Bearer {os.environ.get("SYNC_TOKEN")}\r\n'.encode()


def tcp():
    parts = urlsplit(os.environ['SYNC_URL'])
    return socket.create_connection((parts.hostname, parts.port), timeout=15)


def drip(sock, data, pause):
    """Sends byte by byte; the seconds until the server no longer took it, or answered."""
    begin = time.monotonic()
    sock.settimeout(pause)
    for i in range(len(data)):
        try:
            sock.sendall(data[i:i + 1])
            got = sock.recv(4096)
            return time.monotonic() - begin, got
        except TimeoutError:
            continue
        except (OSError, ssl.SSLError):
            return time.monotonic() - begin, b''
    return time.monotonic() - begin, None


def silent_handshake(out):
    s, begin = tcp(), time.monotonic()
    got = s.recv(100)
    out.append(('no hello', time.monotonic() - begin, got == b''))


def half_handshake(out):
    s, begin = tcp(), time.monotonic()
    s.sendall(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')
    took, got = drip(s, b'x' * 100, 0.2)
    out.append(('half a hello', time.monotonic() - begin, got == b''))


def slow_head(out):
    took, got = drip(Connection().sock, b'GET /f HTTP/1.1\r\nX: ' + b'y' * 200, 0.2)
    out.append(('head', took, got is not None and (got == b'' or b' 408 ' in got)))


def slow_second_head(out):
    c = Connection()
    equal(c.ask('GET', '/f').status, 200)
    took, got = drip(c.sock, b'GET /f HTTP/1.1\r\nX: ' + b'y' * 200, 0.2)
    out.append(('second head', took, got is not None and b' 408 ' in got))


def slow_body(out):
    for framing in (b'Content-Length: 5000', b'Transfer-Encoding: chunked'):
        c = Connection()
        c.send(b'PUT /slow HTTP/1.1\r\n%s%s\r\n\r\n' % (AUTH, framing))
        took, got = drip(c.sock, b'1\r\nx\r\n' * 60, 0.2)
        out.append(('body', took, got is not None))


def slow_reader(out):
    c = Connection()
    c.send(b'GET /big HTTP/1.1\r\n%s\r\n' % AUTH * 4)
    begin = time.monotonic()
    time.sleep(TOO_LONG)  # far more than the buffers of both sides lies in wait
    try:
        c.sock.settimeout(5)
        total = 0
        while data := c.sock.recv(1 << 20):
            total += len(data)
    except (OSError, ssl.SSLError):
        pass
    out.append(('reader', 0, total < 4 * BIG))


def idle(out):
    c = Connection()
    equal(c.ask('GET', '/f').status, 200)
    begin = time.monotonic()
    closed = c.at_eof()
    out.append(('idle', time.monotonic() - begin, closed))


def endless_body(out):
    """Refused at once; the client does not listen and goes on sending."""
    c, begin = Connection(), time.monotonic()
    c.send(b'PUT /no/such HTTP/1.1\r\n%sContent-Length: 99999999999\r\n\r\n' % AUTH)
    try:
        while time.monotonic() - begin < 15:
            c.send(b'x' * 65536)
    except (OSError, ssl.SSLError):
        pass
    out.append(('endless', time.monotonic() - begin, True))


def steady(out):
    """Slow, but it moves: 30 KB/s for longer than the deadline; and a pause shorter than it."""
    c, body = Connection(), os.urandom(150000)
    c.send(b'PUT /steady HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n' % (AUTH, len(body)))
    begin = time.monotonic()
    for i in range(0, len(body), 3000):
        c.send(body[i:i + 3000])
        time.sleep(0.1)
    a = c.answer()
    out.append(('steady', 0, a.status == 201 and a['etag'] == etag(body)))


def large_head_bytewise():
    """As many bytes as a head may have, one a packet: quick, and no quadratic work."""
    c = Connection()
    head = b'GET /f HTTP/1.1\r\n' + AUTH + b''.join(b'X-%d: %s\r\n' % (i, b'y' * 150) for i in range(90)) + b'\r\n'
    begin = time.monotonic()
    for i in range(len(head)):
        c.send(head[i:i + 1])
    equal(c.answer().status, 200)
    for many, status in ((b'X: y\r\n' * 200, 431), (b'X: ' + b'y' * 17000 + b'\r\n', 431)):
        c = Connection()
        try:
            c.send(b'GET /f HTTP/1.1\r\n' + AUTH + many + b'\r\n')
        except (OSError, ssl.SSLError):
            pass
        equal(c.answer().status, status)
    c = Connection()
    c.send(b'GET /' + b'x' * 16000 + b' HTTP/1.1\r\n' + AUTH + b'\r\n')
    check(c.answer().status in (414, 431))


def cpu_seconds():
    fields = open(f'/proc/{server_pid()}/stat').read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def cpu_of(seconds):
    """What the server computed in that time.  The crowd is still being accepted in the first ones; a loop that spins never rests."""
    used = cpu_seconds()
    time.sleep(seconds)
    return cpu_seconds() - used


def crowd():
    """Normal work beside a thousand that say nothing and two hundred that say little."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    sockets = [tcp() for _ in range(CROWD_IDLE)]
    for i in range(CROWD_SLOW):
        s = tcp()
        s.sendall(b'\x16\x03\x01')
        sockets.append(s)
    check(any(cpu_of(0.3) < 0.1 for _ in range(20)), 'waiting for the rest of a record costs nothing')
    worst = 0
    c = Connection()
    for i in range(200):
        at = time.monotonic()
        check(c.ask('PUT', '/busy', b'%d' % i).status in (201, 204))
        equal(c.ask('GET', '/busy').body, b'%d' % i)
        equal(ask('GET', '/f').status, 200) if i % 20 == 0 else None
        worst = max(worst, time.monotonic() - at)
    check(worst < 8, worst)
    deadline = time.monotonic() + TOO_LONG
    for s in sockets:
        s.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            equal(s.recv(10), b'')
        except ConnectionError:
            pass
        s.close()


BIG = 24 << 20


def main():
    equal(ask('PUT', '/f', b'f').status, 201)
    equal(ask('PUT', '/big', bytes(BIG)).status, 201)
    large_head_bytewise()
    out, failed = [], []

    def guard(fn):
        try:
            fn(out)
        except BaseException as e:
            failed.append((fn.__name__, repr(e)))
    threads = [threading.Thread(target=guard, args=(fn,)) for fn in (silent_handshake, half_handshake, slow_head, slow_second_head, slow_body,
                                                                      slow_reader, idle, endless_body, steady)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(failed, [])
    for name, took, is_right in out:
        check(is_right and took < TOO_LONG, name, took, is_right)
    equal(len(out), 10)
    crowd()
    equal(ask('GET', '/slow').status, 404)


if os.environ.get('INSIDE') != '1':
    with open('config', 'w') as f:
        f.write(CONFIG)
run(main, '--config', 'config')
