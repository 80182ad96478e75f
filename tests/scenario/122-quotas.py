"""Quotas: set by the command, said by RFC 4331's properties, and never exceeded: by PUT, COPY, MOVE, nor by many at once."""
import os, subprocess, sys, threading
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

STORE = os.environ.get('SYNC_STORE')


def quota(*args, status=0, store=None):
    p = subprocess.run(['syncd', 'quota', *args, '--json', '--store', store or STORE], capture_output=True, text=True)
    equal(p.returncode, status, p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()]


def numbers(path):
    r = propfind_one(path, prop('quota-available-bytes', 'quota-used-bytes'))
    return int(r.text('quota-used-bytes')), int(r.text('quota-available-bytes'))


def is_over(answer):
    equal(answer.status, 507, answer)
    check(b'quota-not-exceeded' in answer.body, answer.body)


def steps():
    equal(quota(), [])
    for path in ('/q', '/q/sub', '/free'):
        equal(ask('MKCOL', path).status, 201)
    equal(quota('/q/', '1000'), [{'path': '/q', 'limit': 1000, 'used': 0}])
    quota('/nowhere', '1', status=1)
    quota('/q', 'much', status=2)
    quota('q', '1', status=2)
    equal(numbers('/q'), (0, 1000))
    equal(ask('PUT', '/q/a', b'a' * 600).status, 201)
    equal(numbers('/q'), (600, 400))
    equal(numbers('/q/sub'), (0, 400))
    check(numbers('/')[1] > 10000)
    # Before the body is asked for; on a kept connection, so nothing was read.
    c = Connection()
    c.send(request('PUT', '/q/sub/b', None, True, Expect='100-continue', Content_Length='401'))
    is_over(c.answer('PUT'))
    equal(ask('PUT', '/q/sub/b', b'b' * 400).status, 201)
    # Without a length it is the commit that refuses.
    c = Connection()
    c.send(request('PUT', '/q/c', None, True, Transfer_Encoding='chunked') + b'1\r\nx\r\n0\r\n\r\n')
    is_over(c.answer('PUT'))
    equal(ask('GET', '/q/c').status, 404)
    # What takes the place of as much, or of more, fits.
    equal(ask('PUT', '/q/a', b'A' * 600).status, 204)
    equal(ask('PUT', '/q/a', b'A' * 500).status, 204)
    is_over(ask('PUT', '/q/a', b'A' * 601))
    # COPY and MOVE bring bytes as well; inside nothing is gained.
    equal(ask('PUT', '/free/big', b'f' * 101).status, 201)
    is_over(ask('COPY', '/free/big', Destination='/q/big'))
    is_over(ask('MOVE', '/free/big', Destination='/q/sub/big'))
    is_over(ask('COPY', '/free', Destination='/q/free'))
    is_over(ask('COPY', '/q/sub', Destination='/q/sub2'))
    equal(ask('COPY', '/free', Destination='/q/free', Depth='0').status, 201)
    equal(ask('MOVE', '/q/a', Destination='/q/sub/a').status, 201)
    equal(ask('COPY', '/free/big', Destination='/q/sub/b', Overwrite='T').status, 204)
    equal(numbers('/q'), (601, 399))
    equal(ask('MOVE', '/q/sub', Destination='/free/sub').status, 201)
    equal(numbers('/q'), (0, 1000))
    quota('/q', '600')
    is_over(ask('MOVE', '/free', Destination='/q', Overwrite='T'))
    quota('/q', '700')


def place():
    """A quota is of the place: who removes the collection does not get rid of it."""
    equal(ask('DELETE', '/q').status, 204)
    equal(quota('/q'), [{'path': '/q', 'limit': 700, 'used': 0}])
    equal(ask('MKCOL', '/q').status, 201)
    is_over(ask('PUT', '/q/x', b'x' * 701))
    equal(quota('/q', 'none'), [])
    equal(ask('PUT', '/q/x', b'x' * 701).status, 201)
    quota('/q', status=1)
    quota('/q', 'none', status=1)
    # Less than there is: nothing more, until enough has gone.
    quota('/q', '100')
    equal(numbers('/q'), (701, 0))
    is_over(ask('PUT', '/q/y', b'y'))
    equal(ask('PUT', '/q/x', b'x' * 50).status, 204)
    equal(ask('PUT', '/q/y', b'y' * 50).status, 201)
    equal(quota('/', '10 GiB')[0]['limit'], 10 << 30)


def race():
    equal(ask('MKCOL', '/race').status, 201)
    quota('/race', '10000')
    statuses = []

    def put(number):
        c = Connection()
        for i in range(10):  # each fits when it is asked for
            statuses.append(c.ask('PUT', f'/race/{number}-{i}', os.urandom(300)).status)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal((statuses.count(201), statuses.count(507)), (33, 47))
    equal(numbers('/race'), (9900, 100))


def main():
    steps()
    place()
    race()


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
status = start('store')
# And on the stopped store.
if not status:
    equal([q['path'] for q in quota(store='store')], ['/', '/q', '/race'])
    quota('/race', 'none', store='store')
    equal([q['path'] for q in quota(store='store')], ['/', '/q'])
sys.exit(status)
