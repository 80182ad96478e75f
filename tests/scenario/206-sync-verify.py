"""verify: one request when all is equal; else what differs, wherever it is, and nothing else."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann = Machine('ann')
    assert '0 files are the same' in ann.sync('verify', 'ann').out
    for n in range(5):
        for k in range(5):
            ann.write(f'd{n}/e{k}/f', f'{n}{k}')
    ann.write('ü b', 'x'), ann.write('empty', ''), ann.run()
    run = ann.sync('verify', '-v', 'ann')
    assert run.err.count('> ') == 1 and run.out.startswith('27 files are the same'), run
    assert ann.sync('verify', '--json', 'ann').objects()[0]['differences'] == 0

    # A byte that changed without anybody noticing: size, times and inode as they were.
    before = os.stat(ann.path('d2/e3/f'))
    with open(ann.path('d2/e3/f'), 'r+') as f:
        f.write('!!')
    os.utime(ann.path('d2/e3/f'), ns=(before.st_atime_ns, before.st_mtime_ns))
    run = ann.sync('verify', '-v', 'ann', want=1)
    assert 'd2/e3/f: its content is another' in run.err and run.err.count('> PROPFIND') == 4, run
    ann.write('d2/e3/f', '23')
    ann.write('only', 'x'), ann.remove('d1'), ann.sync('push', '-', '/docs/d3/there', stdin='t'), ann.remove('d4/e0'), ann.write('d4/e0', 'x')
    run = ann.sync('verify', 'ann', want=1)
    assert all(w in run.err for w in ('only: only here', 'd1: only on the server', 'd3/there: only on the server', 'd4/e0: a file on one')), run
    assert 'd2' not in run.err and run.err.count('server') < 8, run
    ann.run(), ann.sync('verify', 'ann')

    # What is ignored is no difference, on either side.
    ann.write('.syncignore', '*.o\n'), ann.write('x.o', 'x'), ann.sync('push', '-', '/docs/d3/y.o', stdin='t'), ann.run()
    run = ann.sync('verify', 'ann')
    assert 'are the same' in run.out, run


dav.run(main)
