"""The same while the committer is held back, so that all writers are surely of one group: each is checked against the tree as the
ones before it left it, not as it was when they came."""
import os, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from race import *

WRITERS, HOLD_MS = 16, 400


def held(requests):
    """The committer begins a commit of something else and sleeps in it; what comes meanwhile is its next group."""
    other = threading.Thread(target=ask, args=('PUT', '/other', os.urandom(10)))
    other.start()
    time.sleep(HOLD_MS / 4000)
    answers = race(requests)
    other.join()
    return answers


def main():
    for n in range(3):
        path = f'/file-{n}'
        bodies = [os.urandom(100) for _ in range(WRITERS)]
        first = expect_one(held([request('PUT', path, b, If_None_Match='*') for b in bodies]), 201)
        tag = etag(bodies[first])
        bodies = [os.urandom(100) for _ in bodies]
        answers = held([request('PUT', path, b, If_Match=tag) for b in bodies])
        first = expect_one(answers, 204)
        equal({a['etag'] for a in answers}, {etag(bodies[first])}, 'every loser is told the winner')
        equal(ask('GET', path).body, bodies[first])
    # A folder's tag counts what the same group did below it.
    ask('MKCOL', '/dir')
    empty = ask('GET', '/dir/')['etag']
    answers = held([request('PUT', f'/dir/{i}', b'x') for i in range(4)] + [request('DELETE', '/dir', b'x', If_Match=empty) for _ in range(4)])
    made, removed = [a.status for a in answers[:4]], [a.status for a in answers[4:]]
    if 204 in removed:
        equal((sorted(removed), made), ([204, 404, 404, 404], [409] * 4), 'removed while it was empty: nothing came after')
    else:
        equal((removed, made), ([412] * 4, [201] * 4), 'changed below: none may remove it')


run(main, env={'SYNCD_FAULT': f'commit-begin:1+:sleep{HOLD_MS}'})
