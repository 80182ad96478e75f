"""A disk that is full or broken: refused or said, never acknowledged and lost; reading goes on."""
import os, shutil, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *


def start(fault):
    shutil.rmtree('data', ignore_errors=True)
    server = Server('data', fault=fault)
    token = server.token()
    line = Connection(server.url)
    equal(line.ask('GET', '/', token=token).status, 200)
    # The use of the token is noted by a commit of its own, a little later: let it be over before others are counted.
    until = time.monotonic() + 10
    while '"used":null' in subprocess.run(['syncd', 'token', 'ls', '--json', '--store', 'data'], check=True, capture_output=True, text=True).stdout:
        check(time.monotonic() < until, 'the use of the token was not noted')
    return server, token, line


def put(line, token, path, data):
    return line.ask('PUT', path, data, token=token).status


large = body('large', 1_500_000)
# A failed append is tried once more by itself.  The first three commits are the user's, the token's, and its use.
for fault in ('segment-append:2:ENOSPC,segment-append:3:ENOSPC', 'segment-append:2:short,segment-append:3:short',
              'commit-begin:5:ENOSPC', 'commit-apply:5:ENOSPC'):
    server, token, line = start(fault)
    equal(put(line, token, '/a', b'first'), 201, fault)
    equal(put(line, token, '/a', b'second'), 507, fault)
    equal(line.ask('GET', '/a', token=token).body, b'first', fault)
    equal(put(line, token, '/a', b'third'), 204, fault)
    server.stop()
    inspect('data')

for fault in ('object-write:1:ENOSPC', 'object-write:1:short', 'object-create:1:ENOSPC', 'object-sync:1:ENOSPC'):
    server, token, line = start(fault)
    equal(put(line, token, '/a', b'first'), 201, fault)
    equal(put(Connection(server.url), token, '/a', large), 507, fault)
    equal(line.ask('GET', '/a', token=token).body, b'first', fault)
    equal(put(line, token, '/a', large), 204, fault)
    server.stop()
    inspect('data')

# A sync that failed is final: nothing is acknowledged after it, reading goes on, the next start has what was.
for fault in ('segment-sync:2:EIO', 'commit-sync:5:EIO'):
    server, token, line = start(fault)
    equal(put(line, token, '/a', b'first'), 201, fault)
    equal(put(line, token, '/a', b'second'), 504, fault)
    equal(put(Connection(server.url), token, '/b', b'x'), 500, fault)
    equal(Connection(server.url).ask('GET', '/a', token=token).body, b'first', fault)
    until = time.monotonic() + 10  # the log is written beside the answers
    while b'stop accepting changes' not in open('server.log', 'rb').read():
        check(time.monotonic() < until, fault, 'not said in the log')
        time.sleep(0.02)
    server.kill()
    server = Server('data')
    line = Connection(server.url)
    check(line.ask('GET', '/a', token=token).body in (b'first', b'second'))
    equal(put(line, token, '/b', b'x'), 201, fault)
    server.stop()
    inspect('data')
