"""Replies from files: pieces, cold files, files that end early, memory that stays flat."""
import hashlib, os, sys, threading
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

MIB = 1 << 20
with open('big', 'wb') as f:
    f.write(os.urandom(MIB) * 48 + os.urandom(12345))
    os.fsync(f.fileno())
big = open('big', 'rb').read()
open('empty', 'wb').close()
open('one', 'wb').write(b'1')
server = Server()


def make_cold():
    with open('big', 'rb') as f:
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def pieces(*ranges):
    fields = 'X-Pieces: ' + ','.join(f'{o}+{n}' for o, n in ranges) + '\r\n'
    return fields, b''.join(b'<>' + big[o:o + n] for o, n in ranges)


for kind, tls, version in KINDS:
    r = server.open(tls, version=version)
    for is_cold in (True, False):
        if is_cold:
            make_cold()
        c, f, b = r.ask(request('GET', '/file/big'))
        check(f'{kind}: whole, cold {is_cold}', c == 200 and b == big, (c, f, len(b)))
    for ranges in [((0, 1),), ((0, 0), (5, 0)), ((len(big) - 1, 1),), ((0, 65535), (1, 65536), (2, 65537)), ((MIB - 7, 5 * MIB), (3, 3), (7 * MIB, 100), (0, 4 * MIB)),
                   tuple((i * 70001, i * 7001) for i in range(12))]:
        make_cold()
        fields, want = pieces(*ranges)
        c, f, b = r.ask(request('GET', '/file/big', fields))
        check(f'{kind}: pieces {ranges}', b == want, (len(b), len(want)))
    for name, want in (('empty', b''), ('one', b'1')):
        c, f, b = r.ask(request('GET', '/file/' + name))
        check(f'{kind}: {name}', c == 200 and b == want and f['content-length'] == str(len(want)), (c, f))
    c, f, b = r.ask(request('HEAD', '/file/big') + request('GET', '/file/one'), head=True)
    check(f'{kind}: HEAD', f['content-length'] == str(len(big)) and r.answer()[2] == b'1', f)
    # A file that ends early: the connection ends too, short of what was promised.
    r = server.open(tls, request('GET', '/file/big', 'X-Claim: 1\r\n') + request('GET', '/head'), version=version)
    try:
        r.answer()
        check(f'{kind}: a file that ends early', False)
    except (EOFError, ConnectionResetError, ssl.SSLError):
        check(f'{kind}: a file that ends early', bytes(r.b) == big, len(r.b))
    # Many at once that read little by little.
    before = server.rss_kib()
    slow = [server.open(tls, request('GET', '/file/big'), version=version) for _ in range(30)]
    time.sleep(0.5)
    limit = 30 * 300 + 4000 if 'asan' not in os.environ['BUILD'] and 'tsan' not in os.environ['BUILD'] else 1 << 20
    check(f'{kind}: memory of 30 slow readers', server.rss_kib() - before < limit, (before, server.rss_kib()))
    while len(slow) > 3:
        slow.pop().s.close()
    while any(len(r.b) < len(big) for r in slow):  # by turns: the server's patience with who does not read is 3 s
        for r in slow:
            if len(r.b) < len(big):
                r.more()
    sums = {hashlib.sha256(r.answer()[2]).hexdigest() for r in slow}
    check(f'{kind}: what they read', sums == {hashlib.sha256(big).hexdigest()}, sums)

# Large bodies up, on all kinds at once.
def upload(kind, tls, version):
    r = server.open(tls, f'PUT /hash HTTP/1.1\r\n{H}Content-Length: {len(big) * 4}\r\n\r\n'.encode(), version=version)
    for _ in range(4):
        r.s.sendall(big)
    c, f, _ = r.answer()
    check(f'{kind}: large upload', c == 204 and f['etag'] == etag(big * 4), (c, f))


before = server.rss_kib()
threads = [threading.Thread(target=upload, args=k) for k in KINDS]
for t in threads:
    t.start()
for t in threads:
    t.join()
check('memory of large uploads', server.rss_kib() - before < 16384 or 'san' in os.environ['BUILD'], (before, server.rss_kib()))
server.stop()
end()
