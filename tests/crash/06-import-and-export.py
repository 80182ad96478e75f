"""kill -9 at every step of import and of export, of the command and of the server it talks to: no file is there in part, what was
interrupted goes on where it was, and the store fits."""
import json, os, shutil, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

os.makedirs('in/d')
FILES = {'a': b'one', 'd/b': b'x' * 70000, 'd/c': b'', 'large': os.urandom(2_000_000), 'd/large': os.urandom(1_500_000)}
FILES.update({f'd/n{i}': b'%d' % i for i in range(300)})
for name, data in FILES.items():
    with open(f'in/{name}', 'wb') as f:
        f.write(data)


def syncd(*args, fault=None, status=0, env=None):
    e = {**os.environ, **({'SYNCD_FAULT': fault} if fault else {})}
    p = subprocess.run(['syncd', *args, '--json'], env=e, capture_output=True, text=True)
    if status is not None:
        equal(p.returncode, status, args, fault, p.stdout, p.stderr)
    return p.returncode, [json.loads(line) for line in p.stdout.splitlines()]


def same(folder, partly=False):
    """Every file that is there has its whole content; unless partly all are there."""
    found = {}
    for at, _, names in os.walk(folder):
        for n in names:
            path = os.path.relpath(os.path.join(at, n), folder)
            if not (partly and n.startswith('.syncd-export-')):
                found[path] = open(os.path.join(at, n), 'rb').read()
    check(all(FILES.get(p) == data for p, data in found.items()), 'in part', [p for p in found if FILES.get(p) != found[p]])
    check(partly or len(found) == len(FILES), len(found))


def finish(store):
    syncd('status', '--store', store)  # whoever opens it clears up
    inspect(store)
    shutil.rmtree('out', ignore_errors=True)
    syncd('export', 'out', '--store', store)
    same('out', partly=True)
    syncd('import', 'in', '--store', store)
    equal(syncd('fsck', '--store', store)[1][-1]['strays'], 0)
    inspect(store)
    syncd('export', 'out', '--store', store)
    same('out')


def fresh(store):
    shutil.rmtree(store, ignore_errors=True)
    Server(store).stop()


STEPS = {'snapshot': [1], 'import-stage': [1, 2], 'carry-copy': [1, 2], 'segment-append': [1, 2], 'segment-sync': [1, 2],
         'object-sync': [1, 2], 'object-link': [1], 'object-folder-sync': [1], 'commit-begin': [1, 2], 'commit-apply': [1, 2],
         'commit-sync': [1], 'commit-done': [1, 2], 'commit-answer': [1]}
# On a stopped store: the command does all of it.
reached = 0
for point, numbers in STEPS.items():
    for number in numbers:
        fresh('store')
        if syncd('import', 'in', '--store', 'store', fault=f'{point}:{number}:kill', status=None)[0] == 0:
            continue
        reached += 1
        finish('store')
check(reached >= 15, 'steps of an import', reached)

# Through a server: it dies, or the command does.
for point in ('segment-sync', 'object-link', 'commit-apply', 'commit-done'):
    fresh('store')
    server = Server('store', fault=f'{point}:1:kill')
    code, rows = syncd('import', 'in', '--store', 'store', status=None)
    equal(code, 1, point)
    server.died()
    finish('store')
for point, number in (('import-stage', 1), ('carry-copy', 2)):
    fresh('store')
    server = Server('store')
    syncd('import', 'in', '--store', 'store', fault=f'{point}:{number}:kill', status=-9)
    syncd('import', 'in', '--store', 'store')
    equal(syncd('fsck', '--store', 'store')[1][-1]['damaged'], 0)
    server.stop()
    finish('store')

# Export: killed, and once more into the same folder.
for point, number in (('carry-copy', 1), ('carry-copy', 100), ('export-sync', 1), ('export-sync', 200), ('export-rename', 1),
                      ('export-rename', 300), ('export-folder-sync', 1)):
    shutil.rmtree('out', ignore_errors=True)
    syncd('export', 'out', '--store', 'store', fault=f'{point}:{number}:kill', status=-9)
    same('out', partly=True)
    rows = syncd('export', 'out', '--store', 'store')[1]
    check(rows[-1]['unchanged'] >= (number - 1 if number > 1 else 0), point, number, rows)
    same('out')
