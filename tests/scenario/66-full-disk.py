"""A full disk: 507, the server goes on reading, nothing acknowledged is lost, and it recovers when there is room (threat 52)."""
import os, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

MOUNT = os.path.abspath('disk')


def fill(size, threads=3):
    """Uploads until the server says no; what it acknowledged."""
    stored, refused = {}, []

    def work(n):
        c = Connection()
        for i in range(400):
            body = os.urandom(size // 2) + bytes([n, i % 256]) * (size // 4)
            name = f'/{size}-{n}-{i}'
            try:
                a = c.ask('PUT', name, body)
            except (OSError, EOFError, ssl.SSLError):
                c = Connection()  # refused in mid-body and closed: that is allowed
                a = c.ask('PUT', name, body[:1])
                if a.status == 201:
                    body = body[:1]
            if a.status == 201:
                stored[name] = body
            else:
                refused.append(a.status)
                return
    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for t in workers:
        t.start()
    for t in workers:
        t.join()
    equal(set(refused), {507}, refused)
    return stored


def verify(stored):
    c = Connection()
    for name, body in stored.items():
        a = c.ask('GET', name)
        equal((a.status, a.body == body), (200, True), name)


def main():
    equal(ask('PUT', '/before', b'x').status, 201)
    stored = {}
    for size in (700000, 3000000, 20000):
        stored.update(fill(size))
        verify(stored)
    equal(ask('GET', '/.sync/healthz').status, 200)
    equal(ask('PUT', '/announced', None, Content_Length='999999999', Expect='100-continue').status, 507)
    # What uploads may not take is for the database: small changes go on.
    check(os.statvfs(MOUNT).f_bavail * os.statvfs(MOUNT).f_frsize > 4 << 20, os.statvfs(MOUNT))
    equal((ask('MKCOL', '/dir').status, ask('DELETE', '/dir').status), (201, 204))
    # Somebody else takes the reserve as well: not even the database has room.
    foreign = os.open(MOUNT + '/foreign', os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(foreign, bytes(4096)):
            pass
    except OSError:
        os.close(foreign)
    for method, path, body in (('PUT', '/no', b'n' * 5000), ('PUT', '/no2', b'n' * 2000000), ('DELETE', '/before', None), ('MKCOL', '/nodir', None)):
        a = ask(method, path, body)
        check(a.status in (507, 201, 204), method, a)  # a little room may be left in the files it has
        if a.status == 201:
            stored[path] = body if body else None
        if a.status == 204:
            stored['/before'] = None
    verify({k: v for k, v in stored.items() if v})
    equal(ask('GET', '/').status, 200)
    os.unlink(MOUNT + '/foreign')
    check(not os.listdir(os.environ['SYNC_STORE'] + '/tmp'), 'parts of refused uploads are gone')
    subprocess.run(['mount', '-o', 'remount,size=200m', MOUNT], check=True)
    time.sleep(0.3)  # the server asks for the free space at most every 100 ms
    for size in (100, 100000, 2000000):
        a = ask('PUT', f'/again{size}', bytes(size))
        equal((a.status, a['etag']), (201, etag(bytes(size))))
    equal(ask('DELETE', '/again100').status, 204)
    equal(ask('GET', '/.sync/readyz').status, 200)
    verify({k: v for k, v in stored.items() if v})


if os.environ.get('INSIDE') != '1':
    os.makedirs(MOUNT, exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'none', MOUNT], stderr=subprocess.DEVNULL).returncode:
        print('needs root and the right to mount')
        sys.exit(77)
    try:
        with open('config', 'w') as f:
            f.write('disk-reserve = 12 MiB\n')
        status = start(MOUNT + '/store', '--config', 'config')
    finally:
        subprocess.run(['umount', MOUNT])
    sys.exit(status)
run(main)
