"""A graceful stop: what runs ends, what idles goes, who comes late is refused; a second signal cuts."""
import os, sys, threading
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

with open('big', 'wb') as f:
    f.write(os.urandom(1 << 20) * 64)
big = open('big', 'rb').read()


def refused(server):
    try:
        server.connect(False).recv(1)
        return False
    except OSError:
        return True


server = Server('-l', '2')
put = server.open(True, f'PUT /late HTTP/1.1\r\n{H}Content-Length: 6\r\n\r\nabc'.encode())
chunks = server.open(False, f'PUT /late HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'.encode())
get, get_plain = (server.open(tls, request('GET', '/file/big')) for tls in (True, False))
late = server.open(True, request('GET', '/late') + request('GET', '/head'))
idle, idle_tls = (server.open(tls, request('GET', '/head')) for tls in (False, True))
idle.answer(), idle_tls.answer()
time.sleep(0.3)
server.process.send_signal(signal.SIGTERM)
time.sleep(0.4)
check('idle closes', idle.at_end() and idle_tls.at_end())
check('nobody comes in', refused(server))
c, f, b = put.ask(b'def')
check('upload', c == 204 and f['connection'] == 'close' and put.at_end(), (c, f))
c, f, b = chunks.ask(b'0\r\n\r\n')
check('chunked upload', c == 204 and f['connection'] == 'close' and chunks.at_end(), (c, f))
for g in (get, get_plain):
    c, f, b = g.answer()
    check('download', b == big and g.at_end(), len(b))
c, f, b = late.answer()
check('a late answer', c == 200 and f['connection'] == 'close' and late.at_end(), (c, f))
server.stop(0)

# What does not end is cut after drain_s (echo -q: 3 s), and the status says so.
server = Server('-q')
hung = server.open(False, f'PUT /hung HTTP/1.1\r\n{H}Content-Length: 900000\r\n\r\nabc'.encode())
stop = threading.Event()


def feed():
    try:
        while not stop.wait(0.3):
            hung.s.sendall(b'x' * 1500)
    except OSError:
        pass


feeder = threading.Thread(target=feed)
feeder.start()
time.sleep(0.3)
began = time.time()
server.stop(1)
check('cut in time', 2.5 < time.time() - began < 15, time.time() - began)
stop.set()
feeder.join()

# A second signal cuts at once.
server = Server()
hung = server.open(True, f'PUT /hung HTTP/1.1\r\n{H}Content-Length: 900000\r\n\r\nabc'.encode())
time.sleep(0.3)
server.process.send_signal(signal.SIGTERM)
time.sleep(0.5)
check('waits', server.process.poll() is None)
began = time.time()
server.stop(1)
check('cut at once', time.time() - began < 3, time.time() - began)

# Under load: every connection that was made is answered or closed, none hangs, none gets half an answer.
server = Server('-l', '2')
counts = {'ok': 0, 'end': 0, 'bad': 0}


def load(tls):
    try:
        while True:
            r = server.open(tls, timeout=10)
            for _ in range(20):
                counts['ok' if r.ask(request('GET', '/head'))[0] == 200 else 'bad'] += 1
    except TimeoutError:
        counts['bad'] += 1
    except (OSError, EOFError) as e:
        counts['bad' if e.args and isinstance(e.args[0], bytes) and e.args[0] else 'end'] += 1


threads = [threading.Thread(target=load, args=(i % 2 == 0,)) for i in range(8)]
for t in threads:
    t.start()
time.sleep(1)
server.stop(0)
for t in threads:
    t.join()
check('under load', counts['bad'] == 0 and counts['ok'] > 50 and counts['end'] == 8, counts)
end()
