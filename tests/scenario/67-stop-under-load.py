"""TERM and kill -9 under load: what was acknowledged is there after the restart, with its bytes; what runs at TERM is
finished, what comes after is not begun; nothing temporary stays (threats 48, 50, 53, 55)."""
import os, random, re, signal, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.path.abspath('store')


class Server:
    def __init__(self):
        self.p = subprocess.Popen(['syncd', 'serve', STORE, '--listen', '127.0.0.1:0'], stderr=subprocess.PIPE, text=True, bufsize=1)
        line = self.p.stderr.readline()
        while 'listening on' not in line:
            check(line, 'the server did not start')
            line = self.p.stderr.readline()
        os.environ['SYNC_URL'] = re.search(r'listening on (\S+)', line).group(1)
        threading.Thread(target=self.drain_log, daemon=True).start()

    def drain_log(self):
        for _ in self.p.stderr:
            pass


class Writers:
    """Threads that put, overwrite and delete, each below its own folder, and note what was acknowledged and what is in doubt."""
    def __init__(self, count, generation):
        self.known, self.doubt, self.stop = {}, {}, False
        self.threads = [threading.Thread(target=self.work, args=(f'/g{generation}-{n}', n + generation * 100)) for n in range(count)]
        for t in self.threads:
            t.start()

    def work(self, folder, seed):
        rng = random.Random(seed)
        try:
            c = Connection(timeout=10)
            equal(c.ask('MKCOL', folder).status, 201)
            while not self.stop:
                name = f'{folder}/{rng.randrange(8)}'
                body = None if rng.random() < 0.15 else rng.randbytes(rng.choice([10, 1000, 100000, 1500000]))
                self.doubt[name] = body
                a = c.ask('DELETE', name) if body is None else c.ask('PUT', name, body)
                check(a.status in (201, 204, 404), a)
                self.known[name] = body
                del self.doubt[name]
                if a['connection'] == 'close':
                    return
        except (OSError, EOFError, ssl.SSLError):
            pass

    def wait_for(self, count):
        """Until so many names were acknowledged, however slow the machine is."""
        until = time.monotonic() + 60
        while len(self.known) < count and time.monotonic() < until:
            time.sleep(0.05)

    def join(self):
        self.stop = True
        for t in self.threads:
            t.join()

    def verify(self):
        c = Connection()
        for name, body in self.known.items():
            a = c.ask('GET', name)
            got = a.body if a.status == 200 else None
            right = [body] + ([self.doubt[name]] if name in self.doubt else [])
            check(got in right, name, a.status, [len(b) if b is not None else None for b in right], got is not None and len(got))
            if got is not None:
                equal(a['etag'], etag(got))
        for name in self.doubt.keys() - self.known.keys():
            a = c.ask('GET', name)
            check(a.status == 404 or a.body == self.doubt[name], name)


def kills():
    for generation in range(4):
        s = Server()
        w = Writers(6, generation)
        w.wait_for(6)
        time.sleep(0.2 * generation)
        s.p.kill()
        s.p.wait()
        w.join()
        check(len(w.known) > 5, len(w.known))
        s = Server()
        w.verify()
        equal(os.listdir(STORE + '/tmp'), [])
        s.p.terminate()
        equal(s.p.wait(20), 0)


def terms():
    for generation in range(10, 13):
        s = Server()
        slow, idle, waiting = Connection(), Connection(), Connection()
        equal(idle.ask('GET', '/').status, 200)
        body = os.urandom(400000)
        slow.send(request('PUT', f'/slow{generation}', None, Content_Length=str(len(body))) + body[:100000])
        waiting.send(request('PUT', f'/waiting{generation}', None, Content_Length='5', Expect='100-continue'))
        equal(waiting.answer().status, 100)
        w = Writers(6, generation)
        w.wait_for(6)
        s.p.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        check(idle.at_eof(), 'an idle connection is closed')
        try:
            Connection(timeout=2)
            check(False, 'a connection was taken after TERM')
        except OSError:
            pass
        slow.send(body[100000:])
        a = slow.answer()
        equal((a.status, a['etag'], a['connection']), (201, etag(body), 'close'))
        waiting.send(b'12345')
        equal(waiting.answer().status, 201)
        check(slow.at_eof() and waiting.at_eof())
        for c in (slow, waiting, idle):
            c.close()
        begin = time.monotonic()
        equal(s.p.wait(20), 0)
        check(time.monotonic() - begin < 15, 'it waits for nobody')
        w.join()
        s = Server()
        w.verify()
        equal(ask('GET', f'/slow{generation}').body, body)
        equal(os.listdir(STORE + '/tmp'), [])
        s.p.terminate()
        equal(s.p.wait(20), 0)


def second_term():
    """An upload that hangs: a second signal ends at once, and nothing of it is there."""
    s = Server()
    c = Connection()
    c.send(request('PUT', '/hangs', None, Content_Length='5000000') + bytes(2000000))
    time.sleep(0.2)
    s.p.terminate()
    time.sleep(0.3)
    equal(s.p.poll(), None)
    s.p.terminate()
    equal(s.p.wait(5), 1)
    s = Server()
    equal(ask('GET', '/hangs').status, 404)
    equal(os.listdir(STORE + '/tmp'), [])
    s.p.terminate()
    s.p.wait(20)


s = Server()
os.environ['SYNC_TOKEN'] = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', STORE], check=True, capture_output=True, text=True).stdout.strip()
s.p.terminate()
equal(s.p.wait(10), 0)
kills()
terms()
second_term()
