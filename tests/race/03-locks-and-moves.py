"""Locks and moves asked for at one instant: one lock, one arrival, and never a change under somebody's lock (RFC 4918 §6, §9.9)."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from race import *

WRITERS, ROUNDS = 12, 10
INFO = b'<lockinfo xmlns="DAV:"><lockscope><%s/></lockscope><locktype><write/></locktype></lockinfo>'
XML = {'Content-Type': 'application/xml'}


def locks(n):
    for path, created in ((f'/lock-{n}', 200), (f'/empty-{n}', 201)):
        if created == 200:
            ask('PUT', path, b'x')
        answers = race([request('LOCK', path, INFO % b'exclusive', **XML) for _ in range(WRITERS)])
        first = expect_one(answers, created, refused=423)
        token = answers[first]['lock-token']
        # With the token or without: who has none changes nothing, whatever else happens.
        answers = race([request('PUT', path, b'mine', If=f'({token})') for _ in range(4)] + [request('PUT', path, b'theirs') for _ in range(4)] +
                       [request('DELETE', path, b'x') for _ in range(2)] + [request('MOVE', path, b'x', Destination=path + '-m') for _ in range(2)])
        equal([a.status for a in answers], [204] * 4 + [423] * 8)
        equal(ask('GET', path).body, b'mine')
        # The lock is given up while others write: each is before or after.
        answers = race([request('UNLOCK', path, b'x', **{'Lock-Token': token})] + [request('PUT', path, b'%d' % i) for i in range(6)])
        equal(answers[0].status, 204)
        check({a.status for a in answers[1:]} <= {204, 423}, [a.status for a in answers])
    # Shared ones stand side by side; an exclusive one goes with none.
    answers = race([request('LOCK', f'/lock-{n}', INFO % b'shared', **XML) for _ in range(6)] + [request('LOCK', f'/lock-{n}', INFO % b'exclusive', **XML) for _ in range(3)])
    shared, exclusive = [a.status for a in answers[:6]], [a.status for a in answers[6:]]
    check(shared == [200] * 6 and exclusive == [423] * 3 or exclusive.count(200) == 1 and shared == [423] * 6, shared, exclusive)


def arrivals(n):
    """MOVE with Overwrite: F onto one name: one arrives, the others stay where they are."""
    sources = [f'/from-{n}-{i}' for i in range(WRITERS)]
    for i, path in enumerate(sources):
        ask('MKCOL', path) if i % 2 else ask('PUT', path, b'%d' % i)
    answers = race([request('MOVE', path, b'', Destination=f'/to-{n}', Overwrite='F') for path in sources])
    first = expect_one(answers, 201)
    there = [ask('HEAD', path).status for path in sources]
    equal(there, [404 if i == first else 200 for i in range(WRITERS)])
    # One source to many names: one gets it.
    answers = race([request('MOVE', f'/to-{n}', b'', Destination=f'/many-{n}-{i}') for i in range(WRITERS)])
    expect_one(answers, 201, refused=404)
    # Two folders into each other: one at most, and never both gone.
    for path in (f'/a-{n}', f'/b-{n}'):
        ask('MKCOL', path), ask('PUT', path + '/f', b'f')
    race([request('MOVE', f'/a-{n}', b'', Destination=f'/b-{n}/a'), request('MOVE', f'/b-{n}', b'', Destination=f'/a-{n}/b')])
    found = [p for p in (f'/a-{n}/b/f', f'/b-{n}/a/f') if ask('HEAD', p).status == 200]
    equal(len(found), 1, found)


def copies(n):
    """A copy of a tree is of one moment: the two files that always change together are never found apart."""
    folder = f'/tree-{n}'
    ask('MKCOL', folder), ask('MKCOL', folder + '/d')
    ask('PUT', folder + '/d/f', b'0')
    answers = race([request('COPY', folder, b'', Destination=f'/copy-{n}-{i}') for i in range(6)] +
                   [request('MOVE', folder + '/d', b'', Destination=folder + '/e')] + [request('PUT', folder + '/d/f', b'1')])
    equal({a.status for a in answers[:6]}, {201})
    for i in range(6):
        there = [ask('GET', f'/copy-{n}-{i}/{x}/f').status for x in 'de']
        check(there in ([200, 404], [404, 200]), there)


def main():
    for n in range(ROUNDS):
        locks(n), arrivals(n), copies(n)


run(main)
