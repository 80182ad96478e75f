"""What is tried again, how often, and what an answer means after one was lost (protocol.md, "Retries")."""
import os, socket, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *


def case(before, *args, files=None, want=0, **kw):
    fresh_state()
    mock = Mock(None)
    seen = {'n': 0}
    store = Files(None, True, **(files or {}))
    def handler(request):
        if request.method == 'OPTIONS':
            return store(request)
        seen['n'] += 1
        answer = before(request, seen['n'], store)
        return store(request) if answer is False else answer
    mock.handler = handler
    began = time.monotonic()
    run = sync(*args, env=mock.env(), want=want, **kw)
    run.mock, run.store, run.seconds = mock, store, time.monotonic() - began
    mock.close()
    return run


write('f', 'content\n')

# Steady 503: four requests in all, waiting longer each time, then 6.  One 503, and then it works.
run = case(lambda r, n, s: reply(503), 'push', 'f', want=6)
assert run.mock.count('PUT') == 4 and 3 < run.seconds < 8, (run.mock.count('PUT'), run.seconds)
for status in (408, 429, 502, 503, 504):
    run = case(lambda r, n, s: reply(status) if n == 1 else False, 'push', 'f')
    assert run.mock.count('PUT') == 2 and run.store['/f'] == b'content\n', status
# Never for others.
for status, want in ((500, 1), (507, 8), (413, 8), (423, 8), (400, 1), (422, 1), (403, 5), (401, 5), (409, 4), (410, 4)):
    run = case(lambda r, n, s: reply(status), 'push', 'f', want=want)
    assert run.mock.count('PUT') <= 2, status  # 409: once more after the folders were made
# Retry-After is kept to; a longer one than we may wait ends it at once.
run = case(lambda r, n, s: reply(503, ('Retry-After', '2')) if n == 1 else False, 'push', 'f')
assert run.seconds >= 2
run = case(lambda r, n, s: reply(503, ('Retry-After', '3600')), 'push', 'f', want=6)
assert run.mock.count('PUT') == 1 and run.seconds < 2
run = case(lambda r, n, s: reply(503, ('Retry-After', 'nonsense')) if n == 1 else False, 'push', 'f')

# A server that is away.
free = socket.create_server(('127.0.0.1', 0))
port = free.getsockname()[1]
free.close()
began = time.monotonic()
sync('push', 'f', env=environment(SYNC_URL=f'http://127.0.0.1:{port}/', SYNC_TOKEN='t'), want=6)
assert time.monotonic() - began > 3
sync('stat', 'f', env=environment(SYNC_URL='http://name.invalid/', SYNC_TOKEN=None), want=6)


def lose(r, n, s):
    """The first request is carried out, but its answer never comes."""
    if n == 1:
        s(r)
        return None
    return False

# A lost PUT: the second one is refused because the first was done, which is success.
run = case(lose, 'push', 'f')
assert run.out.split('\t')[2] == 'created' and run.mock.count('PUT') == 2, run
fresh_state()
run = case(lose, 'push', '--force', 'f', files={'/f': b'old'})
assert run.out.split('\t')[2] == 'saved'
# ... but a 412 with another tag stays a conflict.
def lost_and_changed(r, n, s):
    s.update({'/f': b'somebody else'})
    return None if n == 1 else False
case(lost_and_changed, 'push', 'f', want=3)
# A lost DELETE: 404 is success if the folder above can be seen; a first 404 is "not there".
def lose_delete(r, n, s):
    if r.method == 'DELETE':
        done = s(r)
        return None if s.setdefault('lost', 0) == 0 and not s.update(lost=1) else done
    return reply(200) if r.target == '/' else False
run = case(lose_delete, 'rm', 'f', files={'/f': b'x'})
assert 'removed' in run.out and [r.target for r in run.mock.requests[-1:]] == ['/'], run.mock.requests
def lose_delete_blind(r, n, s):
    return reply(404) if r.target == '/' else lose_delete(r, n, s)
case(lose_delete_blind, 'rm', 'f', files={'/f': b'x'}, want=6)
case(lambda r, n, s: False, 'rm', 'f', want=4)
# A kept connection that dies under the DELETE: libcurl sends it once more by itself; that counts as lost, too.
def die_on_kept(r, n, s):
    if r.method == 'HEAD' and r.target == '/f':
        return False
    return lose_delete(r, n, s)
run = case(die_on_kept, 'rm', 'f', files={'/f': b'x'})
assert 'removed' in run.out
# A lost GET is asked for again, and only its rest if the server can do that.
big = os.urandom(300000)
def cut(r, n, s):
    if r.method != 'GET':
        return False
    if 'range' in r.fields:
        first = int(r['range'][6:-1])
        assert r['if-range'] == etag(big)
        return reply(206, ('ETag', etag(big)), ('Content-Range', f'bytes {first}-{len(big) - 1}/{len(big)}'), body=big[first:])
    r.sock.sendall(reply(200, ('ETag', etag(big)), ('Content-Length', str(len(big)))) + big[:200000])
    return None
run = case(cut, 'pull', 'g')
assert read('g') == big and [r['range'] for r in run.mock.requests if r.method == 'GET'][1] is not None
# A login code is never sent twice.
fresh_state()
mock = Mock(lambda r: options(r, FEATURES) if r.method == 'OPTIONS' else None)
sync('login', mock.url + '#ann:code', env=environment(), want=6)
assert mock.count('POST') == 1, mock.requests
