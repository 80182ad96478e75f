"""What this client locked itself it may delete, move and change, in two-way sync and by rm and mv; others may not."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    ann, bea = Machine('ann'), Machine('bea')
    for name in ('a', 'b', 'c', 'd/x', 'd/e/y', 'f/z', 'g/h', 'over', 'from'):
        ann.write(name, 'of ' + name)
    settle(ann, bea)

    def lock(*names):
        for name in names:
            assert 'locked' in ann.sync('lock', '/docs/' + name).out

    # By itself; in a folder that is locked with all that is in it; a folder, for what is locked in it; a folder with its own.
    lock('a', 'b', 'c', 'd', 'f/z', 'g')
    before = os.stat(bea.path('a'))
    bea.write('a', 'of bea')
    refused = bea.run(want=8)
    assert 'a: locked' in refused.err or 'ock' in refused.err, refused
    bea.write('a', 'of a'), os.utime(bea.path('a'), ns=(before.st_atime_ns, before.st_mtime_ns)), bea.run()
    os.rename(bea.path('f'), 'f')
    assert '/docs/f/z is in the way: locked' in bea.run(want=8).err
    os.rename('f', bea.path('f')), bea.run()
    ann.remove('a'), os.rename(ann.path('b'), ann.path('b2')), ann.write('c', 'c again'), os.chmod(ann.path('c'), 0o755)
    os.rename(ann.path('d/e/y'), ann.path('d/y')), ann.write('d/new/n', 'n'), ann.remove('d/x')
    ann.remove('f'), os.rename(ann.path('g'), ann.path('g2'))
    run = ann.run('-v')
    assert run.err.count('> MOVE') == 3 and run.err.count('> DELETE') == 3, run
    tree = settle(ann, bea)
    assert set(tree) == {'b2', 'c', 'd', 'd/e', 'd/y', 'd/new', 'd/new/n', 'g2', 'g2/h', 'over', 'from'} and tree['c'] == 'c again', tree
    # A lock does not move along (RFC 4918 §7.5), and one that went is forgotten: these are free for others.
    bea.write('b2', "bea's"), bea.write('g2/h', "bea's"), bea.run()
    # The condition beside the tokens still decides: what another changed is not deleted.
    lock('b2'), ann.remove('b2')
    ann.sync('unlock', '/docs/b2'), bea.write('b2', 'changed'), bea.run(), lock('b2')
    assert ann.run().out.count('b2') == 1 and ann.read('b2') == 'changed'
    # A lock that somebody broke stops nothing.
    lock('over'), bea.sync('unlock', '/docs/over'), ann.remove('over'), ann.run()
    ann.write('over', 'of over'), ann.remove('d/y')
    assert 'd/y' not in settle(ann, bea)
    # One request at a time: rm, mv, over something, into a locked folder, out of one.
    ann.sync('unlock', '/docs/b2'), ann.sync('unlock', '/docs/d')
    settle(ann, bea)
    lock('over', 'from', 'd')
    bea.sync('rm', '/docs/over', want=8), bea.sync('mv', '/docs/from', '/docs/elsewhere', want=8)
    bea.sync('mv', '--force', '/docs/b2', '/docs/over', want=8), bea.sync('mv', '/docs/b2', '/docs/d/b2', want=8)
    assert 'is in the way: locked' in bea.sync('rm', '-y', '-R', '/docs', want=8).err
    ann.sync('mv', '--force', '/docs/from', '/docs/over'), ann.sync('mv', '/docs/c', '/docs/d/c'), ann.sync('mv', '/docs/d/new/n', '/docs/n')
    tree = settle(ann, bea)
    assert tree['over'] == 'of from' and tree['d/c'] == 'c again' and tree['n'] == 'n' and 'from' not in tree
    ann.sync('rm', '/docs/d/c'), ann.sync('rm', '-y', '-R', '/docs/d')
    lock('over'), ann.sync('rm', '-y', '-R', '/docs/g2'), ann.sync('rm', '/docs/over')
    assert set(settle(ann, bea)) == {'b2', 'n'}


dav.run(main)
