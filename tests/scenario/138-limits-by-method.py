"""Limits of size, by every way in which bytes come in: a PUT with and without a length, a part of a file, an upload in parts, what comes
back out of the history; connections in all, at which the administrator still comes in; and a queue that is full."""
import collections, getpass, os, re, socket, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')
UPLOADS, FILES = (f'/remote.php/dav/{kind}/{getpass.getuser()}' for kind in ('uploads', 'files'))


def syncd(*args):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True, timeout=30).stdout


def before_the_body(path, size):
    c = Connection()
    c.send(request('PUT', path, None, True, Expect='100-continue', Content_Length=size))
    return c.answer('PUT').status


def chunked(path, size):
    c = Connection()
    c.send(request('PUT', path, None, True, Transfer_Encoding='chunked') + b'%x\r\n' % size + b'x' * size + b'\r\n0\r\n\r\n')
    return c.answer('PUT').status


def patch(path, span, body):
    return ask('PATCH', path, body, X_Update_Range=span, Content_Type='application/x-sabredav-partialupdate').status


def join(to, *sizes):
    name = f'{UPLOADS}/{os.urandom(4).hex()}'
    equal(ask('MKCOL', name).status, 201)
    for i, size in enumerate(sizes):
        equal(ask('PUT', f'{name}/{i + 1}', b'j' * size).status, 201)
    return ask('MOVE', name + '/.file', Destination=FILES + to).status


def hrefs(answer, kind):
    equal(answer.status, 207)
    return re.findall(rf'<D:href>(/\.sync/{kind}/[^<]+[^<])</D:href>', answer.body.decode())


def largest():
    """max-upload = 1000."""
    equal((before_the_body('/a', 1001), chunked('/a', 1001), ask('PUT', '/a', b'x' * 1001).status), (413,) * 3)
    equal(ask('GET', '/a').status, 404)
    equal((chunked('/a', 1000), ask('PUT', '/a', b'x' * 1000).status), (201, 204))
    equal((patch('/a', 'append', b'x'), patch('/a', 'bytes=999-', b'xx'), patch('/a', 'bytes=999-', b'y')), (413, 413, 204))
    equal(ask('GET', '/a').body, b'x' * 999 + b'y')
    equal((join('/b', 600, 401), join('/b', 600, 400)), (413, 201))
    equal(ask('PUT', '/docs/x', b'x' * 1001).status, 409, 'what comes first')


def quota():
    """100 bytes, by what is no PUT, COPY or MOVE of files (122-quotas.py)."""
    equal(ask('MKCOL', '/q').status, 201)
    syncd('quota', '/q', '100')
    equal(ask('PUT', '/q/f', b'x' * 90).status, 201)
    equal((patch('/q/f', 'append', b'x' * 11), patch('/q/f', 'bytes=85-', b'y' * 16), patch('/q/f', 'bytes=85-', b'y' * 15)), (507, 507, 204))
    equal((join('/q/g', 1), join('/q/f', 101), join('/q/f', 60, 40)), (507, 507, 204))
    equal(ask('PUT', '/q/f', b'z' * 10).status, 204)
    equal(ask('PUT', '/q/g', b'g' * 50).status, 201)
    # What comes back takes room again: a version, a removed file, a folder as it was, what a run did.
    versions = hrefs(ask('REPORT', '/q/f', b'<version-tree xmlns="DAV:"><prop><version-name/></prop></version-tree>', Depth='0'), 'versions')
    equal([ask('COPY', v, Destination='/q/f').status for v in versions], [204] + [507] * (len(versions) - 1))
    check(len(versions) == 4, versions)
    equal(ask('GET', '/q/f').body, b'z' * 10)
    equal(ask('DELETE', '/q/g', Sync_Run='0123456789abcdef0123456789abcdef').status, 204)
    equal(ask('PUT', '/q/h', b'h' * 60).status, 201)
    [removed] = hrefs(ask('PROPFIND', '/.sync/trash/', Depth='1'), 'trash')
    equal(ask('MOVE', removed, Destination='/q/g').status, 507)
    equal(ask('GET', '/q/g').status, 404)
    equal(ask('DELETE', '/q/h').status, 204)
    equal(ask('MOVE', removed, Destination='/q/g').status, 201)


def connections():
    """max-connections = 6: one more waits, and goes in when there is room; the admin door is open."""
    held = []
    for _ in range(6):
        c = Connection()
        equal(c.ask('GET', '/.sync/healthz', token=None).status, 200)
        held.append(c)
    address = held[0].sock.getpeername()
    beyond = [socket.create_connection(address) for _ in range(8)]
    time.sleep(1.2)  # the sweep of a second lets nobody in by mistake
    now = json.loads(syncd('status', '--json'))
    # Each loop may take one more before it looks; and the question itself.
    check(now['max_connections'] == 6 and 7 <= now['connections'] <= 6 + os.cpu_count() + 1, now)
    syncd('user', 'ls')
    syncd('reload')
    equal([c.ask('GET', '/').status for c in held], [200] * 6)
    for c in beyond + held[1:]:
        c.close()
    end = time.monotonic() + 30
    while True:
        try:
            equal(ask('GET', '/').status, 200)
            break
        except (OSError, EOFError):
            check(time.monotonic() < end, 'no room again')
    # A command that waits for its answer takes nobody's place.
    doors = [socket.socket(socket.AF_UNIX) for _ in range(10)]
    for d in doors:
        d.connect(STORE + '/admin.sock')
        d.sendall(b'GET /.sync/healthz HTTP/1.1\r\nHost: x\r\n\r\n')
        check(d.recv(100).startswith(b'HTTP/1.1 200'))
    equal(ask('GET', '/').status, 200)


def queue():
    """max-queued = 4, on a slow disk: 503, undone, and said when to come again."""
    answers = []

    def put(i):
        a = ask('PUT', f'/queued{i}', b'x')
        answers.append((i, a.status, a['retry-after']))

    threads = [threading.Thread(target=put, args=(i,)) for i in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    count = collections.Counter((status, retry) for _, status, retry in answers)
    equal(set(count), {(201, None), (503, '1')}, count)
    equal([ask('GET', f'/queued{i}').status for i, *_ in answers], [200 if status == 201 else 404 for _, status, _ in answers])


if os.environ.get('INSIDE') == '1':
    [part] = sys.argv[1:]
    globals()[part]()
    sys.exit(0)
for part, config, env in (('largest', 'max-upload = 1000', None), ('quota', '', None), ('connections', 'max-connections = 6', None),
                          ('queue', 'max-queued = 4\nmax-connections = 100', {'SYNCD_FAULT': 'commit-begin:1+:sleep100'})):
    with open('config', 'w') as f:
        f.write(config + '\n')
    sys.argv[1:] = [part]
    if status := start('--config', 'config', env=env):
        sys.exit(status)
