"""kill -9 at every step of the store: every acknowledged change is there after the restart, nothing is there in part."""
import os, shutil, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

SMALL, LARGE = [0, 100, 4096, 70000], [1_100_000, 2_000_000]
STEPS = [
    'segment-append', 'segment-sync', 'commit-begin', 'commit-apply', 'commit-sync', 'commit-done', 'commit-answer',
    'object-create', 'object-write', 'object-sync', 'object-link', 'object-folder-sync',
]


def crash(step, number):
    server = Server('data', fault=f'{step}:{number}:kill')
    token = server.token()
    writers = [Writer(server, token, i, SMALL if i < 3 else LARGE) for i in range(4)]
    for w in writers:
        w.start()
    server.died()
    for w in writers:
        w.join()
    server = Server('data')
    verify(server, token, writers)
    # It goes on: the same names, once more.
    again = [Writer(server, token, w.number, w.sizes, rounds=5) for w in writers]
    for old, new in zip(writers, again):
        new.sure = old.sure
        new.start()
    for w in again:
        w.join()
    verify(server, token, again)
    server.stop()
    inspect('data')


def first_start(step, number):
    """Killed while the store is made: the next start makes it."""
    server = Server('new', fault=f'{step}:{number}:kill')
    reached = server.url is None
    if not reached:
        server.stop()
    server = Server('new')
    token = server.token()
    writer = Writer(server, token, 0, SMALL + LARGE, rounds=10)
    writer.run()
    verify(server, token, [writer])
    equal(writer.acknowledged, 10)
    server.stop()
    inspect('new')
    shutil.rmtree('new')
    return reached


for number in range(1, 100):
    if not first_start('folder-sync', number):
        break
check(number > 3, 'steps of making a store', number)
first_start('segment-create', 1)
first_start('segment-folder-sync', 1)
for step in STEPS:
    for number in (1, 4):
        shutil.rmtree('data', ignore_errors=True)
        crash(step, number + 2 * step.startswith('commit'))  # the first two commits are the user's and the token's
