"""/.sync/events: who may read a place hears at once when something below it changes, and of nothing else; the server's end ends it."""
import os, re, signal, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


class Stream:
    def __init__(self, token=True, timeout=20, **fields):
        self.c = Connection(timeout=timeout)
        self.c.send(request('GET', '/.sync/events', None, token, **fields))
        while b'\r\n\r\n' not in self.c.seen:
            self.c.more()
        head, self.c.seen = bytes(self.c.seen).split(b'\r\n\r\n', 1)
        self.c.seen = bytearray(self.c.seen)
        self.head = head.decode()
        check(self.head.startswith('HTTP/1.1 200') and 'Content-Type: text/event-stream' in self.head, self.head)

    def next(self):
        """(id, path) of the next event; None: a comment; b'': the end."""
        data = self.c.chunk()
        if not data:
            return b''
        if data.startswith(b':'):
            return None
        events = re.findall(r'id: (\d+)\ndata: (.*)\n\n', data.decode())
        equal(''.join(f'id: {n}\ndata: {p}\n\n' for n, p in events), data.decode())
        return [(int(n), p) for n, p in events]

    def is_silent(self, seconds):
        self.c.sock.settimeout(seconds)
        try:
            self.next()
            return False
        except TimeoutError:
            return True
        finally:
            self.c.sock.settimeout(20)


def main():
    for path in ('/docs', '/other', '/docs/deep'):
        equal(ask('MKCOL', path).status, 201)
    equal(ask('GET', '/.sync/events', token=None).status, 401)
    equal(ask('PUT', '/.sync/events', b'').status, 405)
    equal(ask('HEAD', '/.sync/events')['content-type'], 'text/event-stream')
    docs, both = new_token('--scope', 'read:/docs'), new_token('--scope', 'read:/docs', '--scope', 'read:/other', '--scope', 'read:/docs/deep')
    a, b, c = Stream(), Stream(docs), Stream(both)
    for s in (a, b, c):
        equal(s.next(), None)
    # Below /docs: all hear it, each by the place that he may read.
    equal(ask('PUT', '/docs/deep/f', b'1').status, 201)
    number, path = a.next()[0]
    equal(path, '/')
    equal([p for _, p in b.next()], ['/docs/'])
    equal([p for _, p in c.next()], ['/docs/'])
    # Beside it: who may not read there hears nothing at all.
    equal(ask('PUT', '/other/g', b'1').status, 201)
    equal([p for _, p in c.next()], ['/other/'])
    check(a.next()[0][0] > number)
    check(b.is_silent(1.5), 'a change elsewhere is told to who may not read it')
    # Many at once are few events, and the last change is never lost.
    for i in range(200):
        check(ask('PUT', '/docs/many', b'%d' % i).status in (201, 204))
    # Who was away is told at once, and now, when nothing is under way, by the last number.
    s = Stream(Last_Event_ID=str(number))
    last, path = s.next()[0]
    equal(path, '/'), check(last > number + 200, last, number)
    head, events, end = 0, 0, time.monotonic() + 30
    while head < last - 1 and time.monotonic() < end:  # what is seen beside a commit may have the number before it, never a later one
        head = a.next()[0][0]
        events += 1
    check(last - 1 <= head <= last and events < 150, head, last, events)
    # Who has seen the last change is told nothing.
    s = Stream(Last_Event_ID=str(last))
    equal(s.next(), None)
    # A revoked token's stream ends with the next news.
    token_id = hashlib.sha256(docs.encode()).hexdigest()
    subprocess.run(['syncd', 'token', 'rm', token_id[:16], '--store', os.environ['SYNC_STORE']], check=True, capture_output=True)
    while (e := b.next()) != b'':
        check(e is None or e[0][1] == '/docs/', e)
    # Too many of one user; the ones that are left make room.
    more = []
    while True:
        answer = Connection()
        answer.send(request('GET', '/.sync/events'))
        while b'\r\n' not in answer.seen:
            answer.more()
        if not answer.seen.startswith(b'HTTP/1.1 200'):
            check(answer.seen.startswith(b'HTTP/1.1 429'), bytes(answer.seen))
            break
        more.append(answer)
        check(len(more) < 100)
    check(len(more) > 30, len(more))


def stops():
    """The server's end is theirs: it waits for no stream."""
    with open('log', 'wb') as log:
        p = subprocess.Popen(['syncd', 'serve', 'store', '--listen', '127.0.0.1:0', '--no-tls'], stderr=log)
    try:
        end = time.monotonic() + 10
        while b'listening on' not in open('log', 'rb').read():
            check(time.monotonic() < end)
            time.sleep(0.05)
        os.environ['SYNC_URL'] = re.search(r'listening on (\S+)', open('log').read()).group(1)
        os.environ['SYNC_TOKEN'] = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', 'store'], check=True, capture_output=True, text=True).stdout.strip()
        streams = [Stream() for _ in range(5)]
        gone = Stream()
        gone.c.close()
        for s in streams:
            equal(s.next(), None)
        began = time.monotonic()
        p.send_signal(signal.SIGTERM)
        for s in streams:
            while s.next() != b'':
                pass
        equal(p.wait(25), 0)
        check(time.monotonic() - began < 15, time.monotonic() - began)
    finally:
        p.kill()
        p.wait()


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
if start():
    sys.exit(1)
stops()
