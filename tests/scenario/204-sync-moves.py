"""What was renamed here is moved there and the other way round, files and whole folders: no content travels, and nothing counts as
deleted.  Where something else changed as well, what a move is made of leads to the same."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def methods(run):
    return sorted(line.split()[1] for line in run.err.splitlines() if line.startswith('> ') and 'REPORT' not in line)


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea = Machine('ann'), Machine('bea')
    ann.write('f', 'a file'), ann.write('old/sub/x', 'x'), ann.write('old/y', 'y'), ann.write('old/empty', '')
    for n in range(60):
        ann.write(f'many/{n}', f'many {n}')
    settle(ann, bea)

    # A file: one MOVE there, one rename here.
    inode = os.stat(bea.path('f')).st_ino
    os.rename(ann.path('f'), ann.path('g'))
    run = ann.run('-v')
    assert methods(run) == ['MOVE'] and 'up\tg\tmoved from f\n' in run.out, run
    run = bea.run('-v')
    assert methods(run) == [] and 'down\tg\tmoved from f\n' in run.out and os.stat(bea.path('g')).st_ino == inode, run
    assert ann.run('-v').err.count('> ') == 1 and bea.tree() == ann.tree()

    # Into a new folder; out of one that goes.
    os.makedirs(ann.path('new')), os.rename(ann.path('g'), ann.path('new/g'))
    assert methods(ann.run('-v')) == ['MKCOL', 'MOVE']
    bea.run()
    os.rename(ann.path('new/g'), ann.path('g')), os.rmdir(ann.path('new'))
    run = ann.run('-v')
    assert 'PUT' not in methods(run) and 'MOVE' in methods(run), run
    settle(ann, bea)

    # A folder with all below it: one MOVE; more than a quarter of everything, and no belt holds.
    os.rename(ann.path('many'), ann.path('lots')), os.rename(ann.path('old'), ann.path('older'))
    run = ann.run('-v')
    assert methods(run) == ['MOVE', 'MOVE'], run
    inode = os.stat(bea.path('many/7')).st_ino
    bea.write('old/ignored.part', 'kept with it'), bea.write('.syncignore', '*.part\n')
    run = bea.run('-v')
    assert 'GET' not in methods(run) and os.stat(bea.path('lots/7')).st_ino == inode and 'many' not in bea.tree(), run
    assert bea.read('older/ignored.part') == 'kept with it'
    os.remove(bea.path('older/ignored.part'))
    settle(ann, bea)
    assert ann.run('-v').err.count('> ') == 1

    # Renamed and changed: what did not change is moved, the rest sent.
    os.rename(ann.path('lots'), ann.path('few'))
    ann.write('few/1', 'changed'), ann.write('few/new', 'new')
    run = ann.run('-v', '--allow-deletes')
    assert methods(run).count('PUT') == 2 and methods(run).count('MOVE') == 59, methods(run)
    bea.run('--allow-deletes')
    tree = settle(ann, bea)
    assert tree['few/1'] == 'changed' and tree['few/59'] == 'many 59' and 'lots' not in tree

    # Renamed here, changed there: both are kept.
    os.rename(ann.path('g'), ann.path('h')), bea.write('g', 'bea changed it'), bea.run()
    ann.run()
    tree = settle(ann, bea)
    assert tree['g'] == 'bea changed it' and tree['h'] == 'a file'
    # ... a folder renamed here, something put into it there.
    os.rename(ann.path('older'), ann.path('oldest')), bea.write('older/late', 'late'), bea.run()
    ann.run()
    tree = settle(ann, bea)
    assert tree['older/late'] == 'late' and tree['oldest/sub/x'] == 'x' and 'older/y' not in tree
    # ... renamed there, something put into it here.
    os.rename(ann.path('oldest'), ann.path('eldest')), ann.run()
    bea.write('oldest/mine', 'mine'), bea.run()
    tree = settle(ann, bea)
    assert tree['eldest/sub/x'] == 'x' and [p for p in tree if p.endswith('/mine')]
    # Renamed on both sides, each otherwise: nothing is lost.
    os.rename(ann.path('h'), ann.path('h-ann')), os.rename(bea.path('h'), bea.path('h-bea'))
    ann.run()
    bea.run()
    assert 'a file' in settle(ann, bea).values()
    # Two files change places; a name taken on the server meanwhile.
    ann.write('p', 'pp'), ann.write('q', 'qq'), settle(ann, bea)
    os.rename(ann.path('p'), ann.path('t')), os.rename(ann.path('q'), ann.path('p')), os.rename(ann.path('t'), ann.path('q'))
    tree = settle(ann, bea)
    assert tree['p'] == 'qq' and tree['q'] == 'pp'
    os.rename(ann.path('p'), ann.path('taken')), bea.write('taken', "bea's"), bea.run()
    ann.run(want=3)
    tree = settle(ann, bea)
    assert tree['taken'] == "bea's" and 'qq' in tree.values()


dav.run(main)
