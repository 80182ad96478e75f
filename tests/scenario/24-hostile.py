"""A hostile or broken server cannot hurt: nothing is replaced by what is not whole, nothing leaves the folder that was asked
for, the token goes nowhere else, nothing grows without end, and every oddity is said."""
import os, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

H = 'a' * 64


def against(before, *args, files=None, features=True, want, **kw):
    """Runs the client against a server that is honest but for `before`."""
    fresh_state()
    mock = Mock(Files(before, features, **(files or {})))
    run = sync(*args, env=mock.env(), want=want, **kw)
    mock.close()
    run.mock = mock
    return run


def on(method, answer):
    def before(request):
        if request.method != method:
            return False
        return answer(request) if callable(answer) else answer
    return before


write('f', 'content\n')
good = etag(b'content\n')

# 204 with what it may not have: success, said each time, and the connection is not used again.
for extra, word in ((reply(204, ('ETag', good), ('Content-Length', '5')) + b'hello', 'Content-Length'),
                    (reply(204, ('ETag', good), ('Content-Length', '0')), 'Content-Length'),
                    (reply(204, ('ETag', good), ('Transfer-Encoding', 'chunked')) + b'5\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding'),
                    (reply(204, ('ETag', good)) + b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad', 'body')):
    run = against(on('PUT', extra), 'push', 'f', want=0)
    assert 'saved' in run.out and word in run.err, run
write('many/1', '1'), write('many/2', '1'), write('many/3', '1')
run = against(on('PUT', reply(204, ('ETag', etag(b'1')), ('Content-Length', '0'))), 'push', '-R', 'many', want=0)
assert run.mock.connections >= 3, run.mock.connections

# An ETag that is not the digest of what was sent: 1, and nothing is remembered.
run = against(on('PUT', reply(201, ('ETag', '"' + H + '"'))), 'push', 'f', want=1)
assert 'not the digest' in run.err, run
run = against(on('PUT', reply(201, ('ETag', '"' + H + '"'))), 'push', 'f', features=False, want=1)
run = against(on('PUT', reply(201, ('ETag', '"opaque"'))), 'push', 'f', want=1)
assert 'not the digest' in run.err
# ... so the next push is not bound to it, and asks anew what the server is.
mock = Mock(Files())
run = sync('push', 'f', env=mock.env())
assert mock.requests[0].method == 'OPTIONS' and mock.requests[-1]['if-none-match'] == '*', mock.requests
# Elsewhere a strong tag is opaque; a weak or missing one is success, said.
run = against(on('PUT', reply(201, ('ETag', '"opaque"'))), 'push', 'f', features=False, want=0)
assert run.err == '', run
assert 'weak ETag' in against(on('PUT', reply(201, ('ETag', 'W/"x"'))), 'push', 'f', want=0).err
assert 'no ETag' in against(on('PUT', reply(201)), 'push', 'f', want=0).err
run = against(on('PUT', reply(201, ('ETag', good), ('ETag', '"other"'))), 'push', 'f', want=0)
assert 'no ETag' in run.err or 'weak' in run.err, run

# A page instead of an answer.
page = reply(200, ('Content-Type', 'text/html'), body=b'<html>log in</html>')
assert 'page' in against(on('PUT', page), 'push', 'f', want=1).err
assert 'page' in against(on('GET', page), 'pull', 'new', want=1).err and not os.path.exists('new')
assert 'page' in against(on('DELETE', page), 'rm', 'f', files={'/f': b'x'}, want=1).err
against(on('PUT', reply(202)), 'push', 'f', want=1)
against(on('PUT', b'garbage\r\n\r\n'), 'push', 'f', want=1)
against(on('PUT', b'\x00' * 100000), 'push', 'f', want=1)

# Redirects: never followed for writes, never to another host; where they point is said.
other = Mock(Files(**{'/f': b'stolen'}))
run = against(on('PUT', reply(307, ('Location', other.url + 'f'))), 'push', 'f', want=1)
assert other.url in run.err and not other.requests, run
run = against(on('PUT', reply(307, ('Location', '/g'))), 'push', 'f', want=1)
assert not any(r.target == '/g' for r in run.mock.requests)
for target in (other.url + 'f', f'http://localhost:{other.port}/f', f'//127.0.0.1:{other.port}/f', 'file:///etc/passwd'):
    run = against(on('GET', reply(302, ('Location', target))), 'pull', 'new', want=1)
    assert not other.requests and not os.path.exists('new'), run
run = against(lambda r: reply(302, ('Location', '/loop')) if r.method == 'GET' else False, 'pull', 'new', want=1)
assert run.mock.count('GET') <= 7
run = against(lambda r: reply(302, ('Location', '/elsewhere')) if r.target == '/new' else False, 'pull', 'new',
              files={'/elsewhere': b'moved'}, want=0)
assert read('new') == b'moved'
os.remove('new')

# A download that is not whole or not what its tag says never replaces a file.
write('new', 'old')
os.utime('new', (1, 1))
for answer, want in ((lambda r: r.sock.sendall(reply(200, ('ETag', good), ('Content-Length', '8')) + b'cont'), 6),
                     (reply(200, ('ETag', good), body=b'Content\n'), 1),
                     (reply(200, ('ETag', '"' + H + '"'), body=b'content\n'), 1),
                     (reply(200, body=b'content\n'), 1)):
    run = against(on('GET', answer), 'pull', '--force', 'new', want=want, timeout=120)
    assert read('new') == b'old', run
    partial = [n for n in os.listdir('.') if n.startswith('.sync-')]
    assert len(partial) == (want == 6), partial  # only what may be gone on with is kept
    for name in partial:
        os.remove(name)
os.remove('new')

# Names from the server never leave the target folder; a broken listing fails as a whole.
for name in ('..', '../evil', '.', 'a/b', '/etc/evil', '', 'a\x00b', 'a\x1b[31mb', 'a\nb', 'x' * 300, '\udcff'):
    line = f'f {"a" * 64} 1 {name}\n'.encode(errors='surrogateescape')
    listing = reply(200, ('Content-Type', 'text/plain; charset=utf-8'), body=line)
    run = against(lambda r: listing if r.method == 'GET' and r.target == '/d/' else False, 'pull', '-R', 'd', '-o', 'in/d',
                  files={'/d/evil': b'x', '/evil': b'x'}, want=1)
    assert not os.path.exists('evil') and not os.path.exists('in/evil') and '\x1b' not in run.err, run
for body in (b'f zz 1 a\n', b'x ' + b'a' * 64 + b' 1 a\n', b'f ' + b'a' * 64 + b' -1 a\n', b'f ' + b'a' * 64 + b' 1 b',
             b'f ' + b'a' * 64 + b' 1 b\nf ' + b'a' * 64 + b' 1 a\n', b'f ' + b'a' * 64 + b' 1 a\nf ' + b'a' * 64 + b' 1 a\n',
             b'd ' + b'a' * 64 + b' 1 a\n', b'<html>'):
    answer = reply(200, ('Content-Type', 'text/plain'), body=body)
    run = against(lambda r: answer if r.target == '/d/' else False, 'pull', '-R', 'd', '-o', 'in/d', want=1)
    assert 'listing' in run.err, run
run = against(lambda r: reply(200, ('Content-Type', 'text/html'), body=b'<ul>') if r.target == '/d/' else False, 'pull', '-R', 'd',
              want=1)
# ... nor through a link that lies in the target folder.
os.makedirs('in2/d'), os.makedirs('outside')
os.symlink('../../outside', 'in2/d/sub')
os.symlink('../../outside/file', 'in2/d/file')
listings = {'/d/': b'f ' + etag(b'x')[1:-1].encode() + b' 1 file\nd ' + b'a' * 64 + b' 1 sub/\n',
            '/d/sub/': b'f ' + etag(b'x')[1:-1].encode() + b' 1 evil\n'}
run = against(lambda r: reply(200, ('Content-Type', 'text/plain'), body=listings[r.target]) if r.target in listings else False,
              'pull', '-R', 'd', '-o', 'in2', '--force', files={'/d/sub/evil': b'x', '/d/file': b'x'}, want=1)
assert os.listdir('outside') == [] and run.err.count('symbolic link') == 2, run

# Without end: heads, error pages, listings.  Each is given up, in bounded time and memory.
def endless(prefix, block):
    def answer(request):
        request.sock.sendall(prefix)
        while True:
            request.sock.sendall(block)
    return answer
began = time.monotonic()
run = against(on('PUT', endless(b'HTTP/1.1 201 Created\r\n', b'X: ' + b'y' * 1000 + b'\r\n')), 'push', 'f', want=1)
assert 'no end' in run.err, run
run = against(on('PUT', endless(b'HTTP/1.1 500 Oops\r\n\r\n', b'z' * 65536)), 'push', 'f', want=1)
def endless_listing(request):
    request.sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n')
    for n in range(10 ** 9):
        request.sock.sendall(b''.join(b'f %s 1 n%012d\n' % (b'a' * 64, n * 800 + i) for i in range(800)))
run = against(lambda r: endless_listing(r) if r.target == '/d/' else False, 'pull', '-R', 'd', want=1)
assert 'longer than' in run.err, run
assert time.monotonic() - began < 30

# More than was announced, and a part that was not asked for.
run = against(on('GET', reply(206, ('ETag', good), ('Content-Range', 'bytes 0-7/8'), body=b'content\n')), 'pull', 'new', want=1)
assert not os.path.exists('new')
# What a server says is shown without its control bytes.
run = against(on('PUT', reply(403, body=b'no \x1b[2J way\n')), 'push', 'f', want=5)
assert '\x1b' not in run.err and 'way' in run.err, run
run = against(on('PUT', reply(412, ('ETag', '"\x1b[2J"'))), 'push', 'f', want=3)
assert '\x1b' not in run.err
# The token is in no output, however much is asked for.
run = against(None, 'push', '-vv', 'f', want=0)
assert 'secret-token' not in run.err + run.out and 'Authorization: ***' in run.err, run
