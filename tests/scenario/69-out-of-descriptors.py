"""No descriptors left: the server waits without spinning, says it, serves whom it has, and is itself again afterwards."""
import os, re, resource, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def cpu_seconds():
    fields = open(f'/proc/{server_pid()}/stat').read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def descriptors():
    return len(os.listdir(f'/proc/{server_pid()}/fd'))


def tcp():
    parts = urlsplit(os.environ['SYNC_URL'])
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def limit(n):
    old = resource.prlimit(server_pid(), resource.RLIMIT_NOFILE)
    resource.prlimit(server_pid(), resource.RLIMIT_NOFILE, (n, old[1]))


def main():
    big = os.urandom(3 << 20)
    held = [Connection() for _ in range(8)]
    for i, c in enumerate(held):
        equal(c.ask('PUT', f'/before{i}', b'x').status, 201)
    equal(held[0].ask('PUT', '/big', big).status, 201)
    before = descriptors()
    old = resource.prlimit(server_pid(), resource.RLIMIT_NOFILE)
    limit(before + 6)
    crowd = []
    for _ in range(60):
        try:
            crowd.append(tcp())
        except OSError:
            break
    time.sleep(0.5)
    used = cpu_seconds()
    time.sleep(2)
    check(cpu_seconds() - used < 0.6, 'it spins', cpu_seconds() - used)
    # Who is connected is served as far as possible: small files certainly, or an honest 5xx; nothing untrue, nothing lost.
    stored = {}
    for i, c in enumerate(held):
        for path, body in ((f'/small{i}', b's%d' % i), (f'/large{i}', big[:1500000 + i])):
            try:
                a = c.ask('PUT', path, body)
            except (OSError, EOFError, ssl.SSLError):
                held[i] = c = None
                break
            check(a.status in (201, 500, 503, 507), path, a)
            if a.status == 201:
                stored[path] = body
            if a['connection'] == 'close':
                held[i] = c = None
                break
            a = c.ask('GET', '/big')
            check(a.status in (500, 503) or (a.status == 200 and a.body == big), a)
            check(c.ask('GET', '/').status in (200, 500, 503))
            a = c.ask('GET', '/before0')
            check(a.status in (500, 503) or (a.status == 200 and a.body == b'x'), a)
    for s in crowd:
        s.close()
    resource.prlimit(server_pid(), resource.RLIMIT_NOFILE, old)
    end = time.monotonic() + 8
    while True:
        try:
            a = ask('PUT', '/after', big)
            if a.status in (201, 204):
                break
        except (OSError, EOFError, ssl.SSLError):
            pass
        check(time.monotonic() < end, 'not itself again')
        time.sleep(0.2)
    equal(ask('GET', '/.sync/readyz').status, 200)
    for path, body in stored.items():
        check(ask('GET', path).body == body, path)
    equal(ask('GET', '/big').body == big, True)
    c = Connection()
    equal(c.ask('DELETE', '/big').status, 204)
    equal(os.listdir(os.environ['SYNC_STORE'] + '/tmp'), [])
    print(len(stored), 'of', 2 * len(held), 'stored meanwhile')


run(main)
