"""Out of memory, by a limit on the address space of a real server: what asks for much is refused (503) while who was let in is
served; afterwards all are served again; and where there is none at all, nothing that was acknowledged is lost."""
import hashlib, os, re, resource, signal, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

ROOM, LARGE, MANY = 48 << 20, 2 << 20, 120


def status_of(pid, field):
    return int(re.search(rf'{field}:\s+(\d+) kB', open(f'/proc/{pid}/status').read())[1]) << 10


def limit(pid, size):
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


class Server:
    def __init__(self):
        with open('syncd.conf', 'w') as f:
            f.write(f'memory-budget = 4 MiB\nmax-xml = {LARGE}\nlog-level = warning\n')
        self.log = open('log', 'ab')
        at = self.log.tell()
        self.process = subprocess.Popen(['syncd', 'serve', 'store', '--config', 'syncd.conf', '--log-level', 'info', '--listen', '127.0.0.1:0'], stderr=self.log)
        end = time.monotonic() + 60
        while not (found := re.search(rb'listening on (\S+)', open('log', 'rb').read()[at:])):
            check(time.monotonic() < end and self.process.poll() is None, open('log').read())
            time.sleep(0.05)
        os.environ['SYNC_URL'] = found.group(1).decode()
        self.pid = self.process.pid


def large_request(i):
    body = b'<propfind xmlns="DAV:"><prop><getetag/></prop>' + b' ' * (LARGE - 100) + b'</propfind>'
    return request('PROPFIND', '/', body, Depth='0')


class Large(threading.Thread):
    """A listing asked for with 2 MiB of XML; a last byte is held back until all have sent theirs."""
    def __init__(self, i, go):
        super().__init__(daemon=True)
        self.i, self.go, self.result = i, go, None

    def run(self):
        try:
            c = Connection(timeout=60)
            data = large_request(self.i)
            try:
                c.send(data[:-1])
                self.go.wait(60)
                c.send(data[-1:])
            except OSError:
                pass  # refused while it was sent: the answer is there
            self.result = c.answer('PROPFIND').status
            c.close()
        except (OSError, EOFError):
            self.result = 'cut'


class Writer(threading.Thread):
    """Small files without a pause, on one connection; what was acknowledged of each."""
    def __init__(self, number, stop):
        super().__init__(daemon=True)
        self.number, self.stop, self.kept, self.seen = number, stop, {}, set()

    def run(self):
        try:
            line, n = Connection(timeout=60), 0
            while not self.stop.is_set():
                n += 1
                path, body = f'/w{self.number}-{n % 50}', b'%d %d ' % (self.number, n) * 200
                try:
                    status = line.ask('PUT', path, body).status
                except (OSError, EOFError):
                    self.kept.pop(path, None)  # perhaps done
                    raise
                self.seen.add(status)
                if status in (201, 204):
                    self.kept[path] = body
                elif status == 504:
                    self.kept.pop(path, None)  # perhaps done
                time.sleep(0.005)
        except (OSError, EOFError):
            self.seen.add('cut')


def start_writers(count):
    stop = threading.Event()
    writers = [Writer(i, stop) for i in range(count)]
    for w in writers:
        w.start()
    end = time.monotonic() + 60
    while any(len(w.kept) < 20 for w in writers):
        check(time.monotonic() < end, 'the writers do not begin')
        time.sleep(0.05)
    return writers, stop


def refused_and_served(server):
    ready, health = Connection(timeout=60), Connection(timeout=60)
    equal(ready.ask('GET', '/').status, 200)
    writers, stop = start_writers(4)
    limit(server.pid, status_of(server.pid, 'VmSize') + ROOM)
    go = threading.Event()
    all_of_them = [Large(i, go) for i in range(MANY)]
    for t in all_of_them:
        t.start()
    for _ in range(40):
        equal(health.ask('GET', '/.sync/healthz', token=None).status, 200)
        time.sleep(0.05)
    go.set()
    for t in all_of_them:
        t.join()
    results = [t.result for t in all_of_them]
    check(set(results) <= {207, 503, 'cut'} and 503 in results, results)
    # What it was is over: all are served again, under the same limit.
    end = time.monotonic() + 60
    while ask_or_none('PUT', '/again') not in (201, 204):
        check(server.process.poll() is None, 'it died')
        check(time.monotonic() < end, 'it does not recover')
        time.sleep(0.1)
    one = Large(0, go)
    one.start()
    one.join()
    equal(one.result, 207)
    stop.set()
    for w in writers:
        w.join()
        check(w.seen <= {201, 204, 503}, 'who was connected', w.seen)
        for path, body in w.kept.items():
            equal(ready.ask('GET', path).body, body)
    equal(server.process.poll(), None, 'it lives')


def ask_or_none(method, path):
    try:
        return ask(method, path, b'x').status
    except (OSError, EOFError):
        return None


def ended(server):
    """Not one page more is to be had: whatever becomes of the server then, what it acknowledged is there."""
    writers, stop = start_writers(6)
    limit(server.pid, 1 << 20)
    big = [Large(i, stop) for i in range(4)]
    for t in big:
        t.start()
    end = time.monotonic() + 60
    while server.process.poll() is None and not all(w.seen - {201, 204} for w in writers):
        check(time.monotonic() < end, 'everything goes on without memory', [w.seen for w in writers])
        time.sleep(0.05)
    server.process.kill()  # as the kernel would
    check(server.process.wait() in (-signal.SIGABRT, -signal.SIGKILL), server.process.returncode)
    stop.set()
    for t in writers + big:
        t.join()
    again, line = Server(), Connection(timeout=60)
    count = 0
    for w in writers:
        for path, body in w.kept.items():
            equal(line.ask('GET', path)['etag'], etag(body), path)
            count += 1
    check(count >= 120, count)
    equal(subprocess.run(['syncd', 'fsck', '--store', 'store']).returncode, 0)
    again.process.send_signal(signal.SIGTERM)
    equal(again.process.wait(60), 0)


if 'san' in os.environ['BUILD']:
    print('a sanitizer takes all address space for itself')
    sys.exit(77)
server = Server()
try:
    os.environ['SYNC_TOKEN'] = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', 'store'], check=True, capture_output=True, text=True).stdout.strip()
    refused_and_served(server)
    ended(server)
finally:
    server.process.kill()
    server.process.wait()
