"""A file that changes while it is being pushed is noticed, and never taken for pushed."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

SIZE = 8 << 20
store = Files()
change = None


def before(r):
    if r.method == 'PUT' and change:
        change()
    return False


# The body is read by the mock before the handler runs, so what changes the file must act while it is read: a wrapper.
class Slow(Mock):
    def one(self, sock, stream):
        line = stream.peek(1)[:1] and stream.readline()
        if not line:
            return False
        method, target, _ = line.decode().split(' ')
        fields = {}
        while (l := stream.readline().decode().rstrip('\r\n')):
            name, value = l.split(':', 1)
            fields[name.lower()] = value.strip()
        if fields.get('expect'):
            sock.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        length = int(fields.get('content-length', 0))
        body = stream.read(min(length, 1000))
        if length and change:
            change()
        body += stream.read(length - len(body))
        request = Request(method, target, fields, body, sock, 0)
        self.requests.append(request)
        if len(body) < length:
            return False
        sock.sendall(self.handler(request))
        return True


mock = Slow(store)
env = mock.env()

write('f', os.urandom(SIZE))
def rewrite():
    with open('f', 'r+b') as f:
        f.seek(SIZE - 10)
        f.write(b'0123456789')
change = rewrite
run = sync('push', 'f', env=env, want=1)
assert 'changed while it was being sent' in run.err, run
change = None
run = sync('push', 'f', env=env)  # not "unchanged" by what was remembered of its times
assert store['/f'] == read('f'), run

write('f', os.urandom(SIZE))
change = lambda: os.truncate('f', 100)
run = sync('push', 'f', env=env, want=1)
assert 'shorter' in run.err, run
assert len(store['/f']) == SIZE
change = None
sync('push', 'f', env=env)
assert store['/f'] == read('f')

write('f', os.urandom(SIZE))
def grow():
    with open('f', 'ab') as f:
        f.write(b'more')
change = grow
run = sync('push', 'f', env=env, want=1)
change = None
sync('push', 'f', env=env)
assert store['/f'] == read('f')

# Replaced by rename: what was open is what was sent, whole; the next push sees the new one.
write('f', b'1' * SIZE)
def replace():
    write('g', b'2' * SIZE)
    os.rename('g', 'f')
change = replace
sync('push', 'f', env=env, want=None)
change = None
sync('push', 'f', env=env)
assert store['/f'] == b'2' * SIZE
