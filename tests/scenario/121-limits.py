"""Limits per address and user: connections, requests a second, wrong credentials; each begins, ends, and is nobody else's.

The addresses are what a trusted proxy (this test) says of its clients; this machine itself has no limits per address."""
import os, socket, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def from_address(line, address, method='GET', path='/', token=None, body=None):
    return line.ask(method, path, body, token=token, **{'X-Forwarded-For': address})


def proxied(address):
    """A connection through a proxy that speaks the PROXY protocol."""
    s = socket.create_connection(('127.0.0.1', int(os.environ['BEHIND'])), timeout=10)
    kind = 'TCP6' if ':' in address else 'TCP4'
    local = '::1' if ':' in address else '192.0.2.99'
    s.sendall(f'PROXY {kind} {address} {local} 4000 80\r\nGET /.sync/healthz HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
    return s


def is_served(s):
    try:
        return s.recv(100).startswith(b'HTTP/1.1 200 ')
    except ConnectionResetError:
        return False


def requests():
    line = Connection()
    got = [from_address(line, '192.0.2.1').status for _ in range(100)]
    check(20 <= got.count(401) <= 40 and got.count(429) == 100 - got.count(401), got)
    a = from_address(line, '192.0.2.1')
    equal((a.status, a['retry-after']), (429, '1'))
    # Not for others, not for supervisors, and not for long.
    equal(from_address(line, '192.0.2.2').status, 401)
    equal(from_address(line, '192.0.2.1', path='/.sync/healthz').status, 200)
    equal(line.ask('GET', '/.sync/readyz', token=None).status, 200)
    end = time.monotonic() + 8
    while from_address(line, '192.0.2.1').status != 401:
        check(time.monotonic() < end, 'never again')
        time.sleep(0.2)
    # A /64 is one address.
    got = [from_address(line, f'2001:db8::{i:x}').status for i in range(1, 100)]
    check(429 in got, got)
    equal(from_address(line, '2001:db8:0:1::1').status, 401)
    equal([line.ask('GET', '/', token=None).status for _ in range(100)], [401] * 100)  # this machine


def users():
    subprocess.run(['syncd', 'user', 'add', 'bob', '--store', os.environ['SYNC_STORE'], '--rights', 'read:/'], check=True, capture_output=True)
    ann = True
    bob = subprocess.run(['syncd', 'token', 'add', 'bob', '--store', os.environ['SYNC_STORE']], check=True, capture_output=True, text=True).stdout.strip()
    line = Connection()
    got = [line.ask('GET', '/', token=ann).status for _ in range(100)]
    check(10 <= got.count(200) <= 60 and got.count(429) == 100 - got.count(200), got)
    equal(line.ask('GET', '/', token=ann)['retry-after'], '1')
    equal(line.ask('GET', '/', token=bob).status, 200)


def connections():
    held = [proxied('192.0.2.7') for _ in range(5)]
    check(all(is_served(s) for s in held))
    beyond = proxied('192.0.2.7')
    check(not is_served(beyond), 'a sixth connection')
    other = proxied('192.0.2.8')
    check(is_served(other))
    held.pop().close()
    end = time.monotonic() + 5
    while not is_served(s := proxied('192.0.2.7')):
        check(time.monotonic() < end, 'no room again')
        s.close()
        time.sleep(0.05)


def wrong_credentials():
    """Each failure's answer waits longer than the one before; the owner's does not."""
    line = Connection()
    took = []
    for _ in range(3):
        began = time.monotonic()
        equal(from_address(line, '192.0.2.50', token='0' * 64).status, 401)
        took.append(time.monotonic() - began)
    check(took[0] > 0.2 and took[1] > 0.4 and took[2] > 0.9, took)  # timers of other threads may be early by a little
    slow = Connection()
    slow.send(request('GET', '/', None, '0' * 64, **{'X-Forwarded-For': '192.0.2.50'}))
    # Meanwhile: the right token from the same address, and anything from another, do not wait behind it.
    equal(from_address(line, '192.0.2.50', token=True).status, 200)
    equal(from_address(line, '192.0.2.51').status, 401)
    slow.sock.setblocking(False)
    try:
        slow.sock.recv(1)
        check(False, 'a wrong token was answered before a right one')
    except BlockingIOError:
        pass
    slow.close()


def uploads():
    def begin(path):
        c = Connection()
        c.send(request('PUT', path, None, True, Expect='100-continue', Content_Length='5'))
        return c, c.answer('PUT').status

    held = [begin(f'/u{i}') for i in range(3)]
    equal([status for _, status in held], [100] * 3)
    c = Connection()
    c.send(request('PUT', '/u3', None, True, Expect='100-continue', Content_Length='5'))
    a = c.answer('PUT')
    equal((a.status, a['retry-after']), (503, '1'))
    # One that ends, and one whose client leaves, make room.
    held[0][0].send(b'12345')
    equal(held[0][0].answer('PUT').status, 201)
    held[1][0].close()
    end = time.monotonic() + 5
    more = []
    while len(more) < 2:
        c, status = begin('/u4')
        check(status in (100, 503) and time.monotonic() < end, status)
        if status == 100:
            more.append(c)
        else:
            time.sleep(0.05)
    equal(begin('/u5')[1], 503)


def main():
    uploads()
    wrong_credentials()
    requests()
    connections()
    users()


if os.environ.get('INSIDE') != '1':
    def free_port():
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            return s.getsockname()[1]

    os.environ['BEHIND'] = str(free_port())
    with open('limits.conf', 'w') as conf:
        conf.write(f'listen = 127.0.0.1:{free_port()}\nlisten = 127.0.0.1:{os.environ["BEHIND"]}\nproxy-protocol = 127.0.0.1:{os.environ["BEHIND"]}\n'
                   'trusted-proxy = 127.0.0.1\nmax-uploads = 3\nrequests-per-address = 3\nrequests-per-user = 5\nmax-connections-per-address = 5\n')
run(main, '--no-tls', '--config', 'limits.conf')
