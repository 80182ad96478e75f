"""What somebody reads ends when the right to it does: downloads, listings and event streams under way, among others' that go on."""
import base64, os, socket, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE, SIZE, ENTRIES, COPIES = os.environ.get('SYNC_STORE', ''), 16 << 20, 300, 60


def syncd(*args, **kw):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True, **kw).stdout.strip()


def basic(user, secret):
    return 'Basic ' + base64.b64encode(f'{user}:{secret}'.encode()).decode()


class Reader:
    """Asks, reads a little, and waits: what the sockets hold (a few MiB) is on its way, the rest is not."""
    def __init__(self, path, token=None, method='GET', body=None, **fields):
        self.c = Connection()
        self.c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.c.send(request(method, path, body, token, **fields))
        while b'\r\n\r\n' not in self.c.seen:
            self.c.more()
        equal(self.c.seen.split(b' ', 2)[1], b'207' if method == 'PROPFIND' else b'200')
        self.hash, self.count, self.is_whole = hashlib.sha256(), 0, None

    def read(self):
        """To the end, or until it is cut."""
        head, body = bytes(self.c.seen).split(b'\r\n\r\n', 1)
        is_chunked, data, tail = b'chunked' in head.lower(), body, b''
        while True:
            self.hash.update(data)
            self.count += len(data)
            tail = (tail + data)[-7:]
            self.is_whole = tail == b'\r\n0\r\n\r\n' if is_chunked else self.count == SIZE
            if self.is_whole:
                return self
            try:
                data = self.c.sock.recv(1 << 20)
            except OSError:
                data = b''
            if not data:
                return self


def cut(*readers):
    for r in readers:
        check(not r.read().is_whole and r.count < SIZE, 'it went on', r.count)


def goes_on(digest, *readers):
    for r in readers:
        check(r.read().is_whole and r.hash.hexdigest() == digest, 'it was cut', r.count)


def downloads(digest):
    revoked, kept = syncd('token', 'add', 'ann'), syncd('token', 'add', 'ann')
    short = syncd('token', 'add', 'ann', '--scope', 'read:/docs')
    of_revoked = [Reader('/docs/large', revoked) for _ in range(6)]
    of_kept = [Reader('/docs/large', kept) for _ in range(3)] + [Reader('/docs/large', short)]
    part = Reader('/docs/large', kept)
    syncd('token', 'rm', hashlib.sha256(revoked.encode()).hexdigest()[:8])
    cut(*of_revoked)
    goes_on(digest, *of_kept, part)

    # Rights: what may still be read goes on, what may not does not; by token, by password.
    syncd('user', 'add', 'bea', '--rights', 'write:/')
    syncd('user', 'passwd', 'bea', input='a password of bea\n')
    token, password = syncd('token', 'add', 'bea'), basic('bea', 'a password of bea')
    stay = [Reader('/docs/large', token), Reader('/docs/large', Authorization=password)]
    syncd('user', 'rights', 'bea', '--rights', 'read:/docs')
    goes_on(digest, *stay)
    end = [Reader('/docs/large', token), Reader('/docs/large', Authorization=password)]
    syncd('user', 'rights', 'bea', '--rights', 'write:/elsewhere')
    cut(*end)
    syncd('user', 'rights', 'bea', '--rights', 'write:/')
    by_password, by_token = Reader('/docs/large', Authorization=password), Reader('/docs/large', token)
    syncd('user', 'passwd', 'bea', input='another password\n')
    cut(by_password)
    goes_on(digest, by_token)
    end = [Reader('/docs/large', token)]
    syncd('user', 'rm', 'bea')
    cut(*end)


def listings():
    line = Connection()
    for i in range(ENTRIES):
        line.send(request('PUT', f'/many/0/{i:05}{"n" * 200}', b'x'))
    for i in range(ENTRIES):
        equal(line.answer('PUT').status, 201)
    for i in range(1, COPIES):
        equal(line.ask('COPY', '/many/0', Destination=f'/many/{i}').status, 201)

    def ask_all(token):
        return Reader('/many', token, 'PROPFIND', Depth='infinity')

    syncd('user', 'add', 'bea', '--rights', 'read:/')
    revoked, less, kept = syncd('token', 'add', 'ann'), syncd('token', 'add', 'bea'), syncd('token', 'add', 'ann')
    readers = [ask_all(t) for t in (revoked, less, kept)]
    syncd('token', 'rm', hashlib.sha256(revoked.encode()).hexdigest()[:8])
    syncd('user', 'rights', 'bea', '--rights', 'read:/many/1')
    ends = [(r.read().is_whole, r.count) for r in readers]
    equal([is_whole for is_whole, _ in ends], [False, False, True], ends)
    check(readers[2].count > 8 << 20, 'too short to be under way', readers[2].count)


def streams():
    syncd('user', 'rights', 'bea', '--rights', 'read:/docs', '--rights', 'read:/many')
    token, kept = syncd('token', 'add', 'bea'), syncd('token', 'add', 'ann')
    other, same = Connection(timeout=60), Connection(timeout=60)
    for c, t in ((other, token), (same, kept)):
        c.send(request('GET', '/.sync/events', token=t))
        while b':\n\n' not in c.seen:
            c.more()
        c.seen.clear()
    syncd('user', 'rights', 'bea', '--rights', 'read:/many')
    check(ask('PUT', '/docs/news', b'x').status in (201, 204))
    seen = b''
    while data := other.sock.recv(65536):
        seen += data
        if seen.endswith(b'0\r\n\r\n'):
            break
    check(b'data' not in seen, 'told of what he may not read any more', seen)
    while b'data: ' not in same.seen:
        same.more()


def main():
    equal(ask('MKCOL', '/docs').status, 201)
    equal(ask('MKCOL', '/many').status, 201)
    equal(ask('MKCOL', '/many/0').status, 201)
    syncd('user', 'add', 'ann', '--rights', 'write:/')
    large = os.urandom(1 << 20) * (SIZE >> 20)
    equal(ask('PUT', '/docs/large', large).status, 201)
    downloads(hashlib.sha256(large).hexdigest())
    listings()
    streams()


run_both(main)
