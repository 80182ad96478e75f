"""N writers with one precondition: exactly one change is made, and everybody else is told which (RFC 9110 §13.1.1)."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from race import *

WRITERS, ROUNDS = 16, 12


def main():
    for n in range(ROUNDS):
        path = f'/race-{n}'
        size = 100 if n % 2 else 1500000  # in a segment, and as a file of its own
        bodies = [os.urandom(size) for _ in range(WRITERS if n % 2 else 4)]
        # Creation: one 201.
        answers = race([request('PUT', path, b, If_None_Match='*') for b in bodies])
        first = expect_one(answers, 201)
        equal(answers[first]['etag'], etag(bodies[first]))
        # Replacement of what everybody saw: one 204, and each loser is told the winner's tag.
        bodies = [os.urandom(size) for _ in bodies]
        answers = race([request('PUT', path, b, If_Match=answers[first]['etag']) for b in bodies])
        first = expect_one(answers, 204)
        for i, a in enumerate(answers):
            equal(a['etag'], etag(bodies[first]), i)
        got = ask('GET', path)
        equal((got.status, got.body), (200, bodies[first]))
        # Removal against replacement: one of them, never both.
        tag = etag(bodies[first])
        answers = race([request('PUT', path, os.urandom(9), If_Match=tag) for _ in range(4)] +
                       [request('DELETE', path, b'x', If_Match=tag) for _ in range(4)])
        done = [a for a in answers if a.status == 204]
        equal(len(done), 1, [a.status for a in answers])
    # One name, no condition: every writer succeeds, one of them made it.
    answers = race([request('PUT', '/free', os.urandom(50)) for _ in range(WRITERS)])
    equal(sorted(a.status for a in answers), [201] + [204] * (WRITERS - 1), 'created once')
    # Collections too.
    answers = race([request('MKCOL', '/made') for _ in range(WRITERS)])
    expect_one(answers, 201, refused=405)


run(main)
