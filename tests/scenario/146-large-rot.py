"""A content that is too large to be read before it is sent is read while it is: rot in it is never given away whole, in no form, and a
good one is proved once a day.  Who sees the first of it and goes costs nothing."""
import os, sys, threading, time
sys.path[:0] = [os.environ['TOP'] + '/tests/lib', os.environ['TOP'] + '/tests/crash']
from dav import *
from store import Server

SIZE = 70 << 20
LARGE = os.urandom(1 << 20) * (SIZE >> 20)


def place():
    """The file that holds a content of that size."""
    (name,) = [f'store/obj/{d}/{n}' for d in os.listdir('store/obj') for n in os.listdir(f'store/obj/{d}')]
    return name


def said():
    return open('server.log', 'rb').read()


def get(path='/large', **fields):
    return Connection(server.url, timeout=120).ask('GET', path, token=token, **fields)


def is_cut(path='/large', **fields):
    """The head says 200 or 206, and the body never comes to its end."""
    line = Connection(server.url, timeout=120)
    line.send(request('GET', path, token=token, **fields))
    while b'\r\n\r\n' not in line.seen:
        line.more()
    head, rest = bytes(line.seen).split(b'\r\n\r\n', 1)
    check(head.split(b' ')[1] in (b'200', b'206'), head[:200])
    length = int(head.lower().split(b'content-length: ')[1].split(b'\r\n')[0])
    got = len(rest)
    try:
        while data := line.sock.recv(1 << 20):
            got += len(data)
    except ConnectionResetError:
        pass
    check(got < length, got, length)


def is_refused():
    try:
        return get().status == 500
    except (EOFError, ConnectionResetError):
        return False


with open('config', 'w') as f:
    f.write('scrub-rate = 0\n')
server = Server('store', config='config')
token = server.token()
line = Connection(server.url, timeout=120)
equal(line.ask('PUT', '/large', LARGE, token=token).status, 201)
a = get()
equal((a.status, a.body == LARGE, a['etag']), (200, True, etag(LARGE)))
equal(get(Range='bytes=5-104').body, LARGE[5:105])
equal(line.ask('HEAD', '/large', token=token)['content-length'], str(SIZE))
server.stop()

# The same after a start, in every form, several at once, and by those who do not stay.
server = Server('store', config='config')
for _ in range(20):
    c = Connection(server.url)
    c.send(request('GET', '/large', token=token))
    c.sock.recv(10)
    c.close()
answers = []


def fetch(number):
    answers.append(get().body == LARGE if number % 2 else get(Range=f'bytes={number}-{SIZE - 1}').body == LARGE[number:])


threads = [threading.Thread(target=fetch, args=(n,)) for n in range(6)]
for t in threads:
    t.start()
for t in threads:
    t.join()
equal(answers, [True] * 6)
equal(get(Range='bytes=0-0,100-199,-70000').status, 206)
c = Connection(server.url, timeout=120)  # more than one on a connection
equal((c.ask('GET', '/large', token=token).body == LARGE, c.ask('GET', '/large', token=token, Range='bytes=-1').body), (True, LARGE[-1:]))
server.stop()

# Rot: at the end of what is held, in the middle, at the very beginning.
for at in (SIZE - 1, SIZE // 2, 0):
    with open(place(), 'r+b') as f:
        f.seek(at)
        f.write(bytes([LARGE[at] ^ 1]))
    server = Server('store', config='config')
    forms = [{}, {'Range': 'bytes=10-'}, {'Range': 'bytes=0-9'}, {'Range': 'bytes=0-9,1000000-2000000'}]
    is_cut(**forms[[SIZE - 1, SIZE // 2, 0].index(at)])
    deadline = time.time() + 60
    while not is_refused():  # marked, a moment later
        check(time.time() < deadline)
        time.sleep(0.05)
    for fields in forms:
        equal(get(**fields).status, 500)
    check(b'find damage' in said())
    equal(Connection(server.url).ask('PATCH', '/large', b'x', token=token, Content_Type='application/x-sabredav-partialupdate',
                                     X_Update_Range='bytes=0-0').status, 500)
    equal(Connection(server.url, timeout=120).ask('PUT', '/large', LARGE, token=token).status, 204)  # the same bytes heal
    equal(get().body == LARGE, True)
    subprocess.run(['syncd', 'gc', '--store', 'store'], check=True, stdout=subprocess.DEVNULL)
    server.stop()
    left = [f'store/obj/{d}/{n}' for d in os.listdir('store/obj') for n in os.listdir(f'store/obj/{d}')]
    if len(left) > 1:  # the bad one is an orphan now; it goes with the next run's collection
        server = Server('store', config='config')
        subprocess.run(['syncd', 'gc', '--store', 'store'], check=True, stdout=subprocess.DEVNULL)
        server.stop()
    place()

# Nobody reads on what is rotten: a change of a part of it, before anybody has seen it, is refused.
with open(place(), 'r+b') as f:
    f.seek(SIZE // 3)
    f.write(bytes([LARGE[SIZE // 3] ^ 1]))
server = Server('store', config='config')
equal(Connection(server.url, timeout=120).ask('PATCH', '/large', b'x', token=token, Content_Type='application/x-sabredav-partialupdate',
                                              X_Update_Range='bytes=0-0').status, 500)
server.stop()
