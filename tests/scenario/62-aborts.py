"""Clients that leave: FIN, reset and half-close in every state of a connection.  Nothing may stay behind: no descriptor, no
memory that grows, no temporary file, no half upload; what was acknowledged stays (threats 48, 53, 60)."""
import os, re, socket, struct, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

AUTH = f'Host: h\r\nAuthorization: Bearer {os.environ.get("SYNC_TOKEN")}\r\n'.encode()
LOGIN = b'POST /.sync/login HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YTpi\r\nContent-Length: 3\r\n\r\n'
STATES = [
    b'', b'G', b'GET /f HTTP/1.1\r\nHo', b'GET /f HTTP/1.1\r\n%s\r\n', b'GET /big HTTP/1.1\r\n%s\r\n', b'GET /d/ HTTP/1.1\r\n%s\r\n', b'GET /f HTTP/1.1\r\nBad Field: x\r\n\r\n',
    b'GET /big HTTP/1.1\r\n%s\r\n' * 20, b'PUT /u HTTP/1.1\r\n%sContent-Length: 10\r\n\r\nabc', b'PUT /whole HTTP/1.1\r\n%sContent-Length: 10\r\n\r\nabcdefghij',
    b'PUT /u HTTP/1.1\r\n%sContent-Length: 9000000\r\n\r\n' + b'x' * 2500000, b'PUT /u HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
    b'PUT /u HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n200000\r\n' + b'y' * 0x200000 + b'\r\n', b'PUT /u HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX',
    b'PUT /u HTTP/1.1\r\n%sExpect: 100-continue\r\nContent-Length: 10\r\n\r\n', b'PUT /no/u HTTP/1.1\r\n%sContent-Length: 50000\r\n\r\nabc',
    b'DELETE /none HTTP/1.1\r\n%s\r\n', b'MKCOL /d HTTP/1.1\r\n%s\r\n', LOGIN + b'a',
]
ENDS = ('fin', 'reset', 'fin after a look', 'reset after a look', 'half')


def descriptors():
    return len(os.listdir(f'/proc/{server_pid()}/fd'))


def resident_kib():
    return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{server_pid()}/status').read()).group(1))


def leave(state, how):
    c = Connection(timeout=3)
    try:
        c.send(state.replace(b'%s', AUTH))
        if 'look' in how:
            c.sock.settimeout(0.01)
            try:
                c.sock.recv(100)
            except TimeoutError:
                pass
        if 'reset' in how:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        if how == 'half':
            c.sock.settimeout(1)
            socket.socket.shutdown(c.sock, socket.SHUT_WR)
            while c.sock.recv(65536):
                pass
    except (OSError, ssl.SSLError):
        pass
    finally:
        c.sock.close()


def everybody(times):
    for _ in range(times):
        for state in STATES:
            for how in ENDS:
                if how != 'half' or b'/big' not in state:
                    leave(state, how)


def until(what, seconds=12):
    end = time.monotonic() + seconds
    while not what():
        check(time.monotonic() < end, 'does not come to rest', descriptors())
        time.sleep(0.1)


def half_close():
    """FIN after whole requests: all of them are answered, then the connection ends."""
    c = Connection(timeout=5)
    c.send(b'GET /f HTTP/1.1\r\n%s\r\nPUT /half HTTP/1.1\r\n%sContent-Length: 2\r\n\r\nabGET /half HTTP/1.1\r\n%s\r\n' % (AUTH, AUTH, AUTH))
    socket.socket.shutdown(c.sock, socket.SHUT_WR)
    equal([c.answer().status for _ in range(3)], [200, 201, 200])
    check(c.at_eof())


def main():
    c = Connection()
    for path, body in (('/f', b'f'), ('/big', b'b' * (5 << 20))):
        equal(c.ask('PUT', path, body).status, 201)
    c.ask('MKCOL', '/d')
    c.close()
    half_close()
    time.sleep(0.2)
    before = descriptors()
    everybody(2)
    until(lambda: descriptors() <= before + 12)
    warm, warm_kib = descriptors(), resident_kib()
    everybody(3)
    until(lambda: descriptors() <= warm + 12)  # the store's readers open as they are needed, and stay
    if 'asan' not in os.environ['BUILD'] and 'tsan' not in os.environ['BUILD']:
        check(resident_kib() < warm_kib + 6000, warm_kib, resident_kib())
    until(lambda: not os.listdir(os.environ['SYNC_STORE'] + '/tmp'))
    c = Connection()
    equal(c.ask('GET', '/u').status, 404, 'a part became a file')
    equal(c.ask('GET', '/whole').body, b'abcdefghij')
    equal(sorted(line.split()[3] for line in c.ask('GET', '/').body.decode().splitlines()), ['big', 'd/', 'f', 'half', 'whole'])


run_both(main)
