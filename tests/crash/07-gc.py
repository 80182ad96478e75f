"""kill -9 at every step of gc and of compaction: everything that is current is there, whole, nothing that no row names stays, and gc
can be run again."""
import os, shutil, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\n')


def serve(folder, fault=None):
    return Server(folder, fault=fault, config='config')


def fill(folder):
    """Mostly garbage: small and large bodies in a segment, files of their own; what is to stay."""
    server = serve(folder)
    token = server.token()
    line = Connection(server.url)
    keep = {}
    for i in range(60):
        for j, size in enumerate((300, 5000, 100_000 if i % 10 == 0 else 2000)):
            path, data = f'/f{i}-{j}', body(f'{i} {j}', size)
            equal(line.ask('PUT', path, data, token=token).status, 201)
            if i % 6 == 0 and size < 100_000:
                keep[path] = hashlib.sha256(data).hexdigest()
    for i in range(3):
        path, data = f'/large{i}', body(f'large {i}', 1_200_000)
        equal(line.ask('PUT', path, data, token=token).status, 201)
        keep.update({path: hashlib.sha256(data).hexdigest()} if i == 0 else {})
    for i in range(60):
        for j in range(3):
            if f'/f{i}-{j}' not in keep:
                equal(line.ask('DELETE', f'/f{i}-{j}', token=token).status, 204)
    for i in (1, 2):
        equal(line.ask('DELETE', f'/large{i}', token=token).status, 204)
    server.stop()
    return token, keep


token, keep = fill('full')
server = serve('full')
rehearsed = gc('full', 0, '-n')
check(rehearsed['trashed'] > 100 and rehearsed['contents'] == 0, rehearsed)
whole(server, token, keep)
server.stop()

STEPS = {'gc-rows': [1, 2], 'gc-unlink': [1, 2], 'gc-punch': [1, 2], 'gc-move': [1, 2], 'gc-segment-unlink': [1],
         'segment-create': [1], 'segment-folder-sync': [1], 'segment-append': [1, 2], 'segment-sync': [1, 2],
         'commit-begin': [1, 2, 3, 5], 'commit-apply': [1, 2, 3, 5], 'commit-done': [1, 2, 3, 5]}
reached = 0
for point, numbers in STEPS.items():
    for number in numbers:
        shutil.rmtree('store', ignore_errors=True)
        shutil.copytree('full', 'store')
        server = serve('store', fault=f'{point}:{number}:kill')
        if server.url is None:
            continue
        done = gc('store', status=None)
        if server.process.poll() is None and done:
            server.stop()
            continue
        server.died()
        reached += 1
        server = serve('store')
        whole(server, token, keep)
        done = gc('store')
        whole(server, token, keep)
        again = gc('store')
        equal((again['contents'], again['segments'], again['strays']), (0, 0, 0), point, number)
        server.stop()
        inspect('store')
        equal(subprocess.run(['syncd', 'fsck', '--store', 'store'], capture_output=True).returncode, 0)
        used = sum(os.path.getsize(f'store/seg/{n}') for n in os.listdir('store/seg'))
        check(used < 200_000 and sum(len(os.listdir(f'store/obj/{d}')) for d in os.listdir('store/obj')) == 1, used)
check(reached >= 16, 'steps of gc', reached)
