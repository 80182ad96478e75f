"""kill -9 at the steps of compacting a segment of full size (256 MiB, most of it dead): every body that lives is there, whole, the old
file stays until all that lives in it is elsewhere, and the next gc ends the work."""
import os, shutil, subprocess, sys, threading
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

FULL, SIZE, LIVING = 256 << 20, 60_000, 10  # below what is punched out, so that only compaction gives it back; one in so many lives
WRITERS = 8

with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\nscrub-rate = 0\n')


def serve(folder, fault=None):
    return Server(folder, fault=fault, config='config')


def segments(folder):
    return {n: os.path.getsize(f'{folder}/seg/{n}') for n in sorted(os.listdir(f'{folder}/seg'))}


def write(server, token, number, keep):
    line = Connection(server.url)
    for i in range(number, FULL // SIZE + 200, WRITERS):
        data = body(f'{i}', SIZE)
        living = i % LIVING == 0
        path = f'/live{i}' if living else f'/dead/{i}'
        equal(line.ask('PUT', path, data, token=token).status, 201)
        if living:
            keep[path] = hashlib.sha256(data).hexdigest()


def fill(folder):
    """What is dead has no rows any more: what is left to do is the compaction."""
    server, keep = serve(folder), {}
    token = server.token()
    equal(Connection(server.url).ask('MKCOL', '/dead', token=token).status, 201)
    writers = [threading.Thread(target=write, args=(server, token, n, keep)) for n in range(WRITERS)]
    for w in writers:
        w.start()
    for w in writers:
        w.join()
    equal(len(keep), (FULL // SIZE + 200 + LIVING - 1) // LIVING)
    equal(Connection(server.url).ask('DELETE', '/dead', token=token).status, 204)
    server.stop()
    server = serve(folder, fault='gc-move:1:kill')
    gc(folder, status=None)
    server.died()
    check(max(segments(folder).values()) >= FULL - (2 << 20), segments(folder))
    return token, keep


token, keep = fill('full')
STEPS = {'gc-move': [2, 25], 'segment-append': [3], 'segment-sync': [3], 'commit-apply': [30], 'commit-sync': [20], 'commit-done': [8],
         'checkpoint': [1], 'gc-segment-unlink': [1]}
reached = 0
for point, numbers in STEPS.items():
    for number in numbers:
        shutil.rmtree('store', ignore_errors=True)
        shutil.copytree('full', 'store', ignore=shutil.ignore_patterns('admin.sock'))
        before = segments('store')
        old = max(before, key=before.get)
        server = serve('store', fault=f'{point}:{number}:kill')
        done = gc('store', status=None) if server.url else None
        if done and server.process.poll() is None:
            server.stop()
            continue
        server.died()
        reached += 1
        equal(segments('store').get(old), before[old], 'what is not empty of life is not cut', point, number)
        server = serve('store')
        whole(server, token, keep)
        gc('store')
        whole(server, token, keep)
        again = gc('store')
        equal((again['contents'], again['segments'], again['strays']), (0, 0, 0), point, number)
        server.stop()
        inspect('store')
        equal(subprocess.run(['syncd', 'fsck', '--store', 'store'], capture_output=True).returncode, 0)
        check(old not in segments('store'), 'the old one is gone', segments('store'))
check(reached >= 7, 'steps of compaction', reached)
