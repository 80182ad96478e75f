"""Ignore rules of a linked folder: what they cover is not sent, not fetched, not deleted, and what changes them deletes nothing."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea = Machine('ann'), Machine('bea')
    ann.write('.syncignore', '*.o\n/build/\n!keep.o\n'), ann.write('a.o', 'a'), ann.write('keep.o', 'k'), ann.write('build/x', 'x')
    ann.write('src/build/y', 'y'), ann.write('src/.syncignore', '!b.o\n'), ann.write('src/b.o', 'b'), ann.write('src/c.o', 'c')
    ann.run()
    assert set(bea.tree()) == set()
    bea.run()
    assert set(bea.tree()) == {'.syncignore', 'keep.o', 'src', 'src/build', 'src/build/y', 'src/.syncignore', 'src/b.o'}, bea.tree()

    # A new rule for what was synced: it stays on both sides, and goes its own way from then on.
    ann.write('log', '1'), ann.write('d/log', '2'), settle_some(ann, bea)
    ann.write('.syncignore', '*.o\n/build/\n!keep.o\nlog\n')
    assert 'log' not in ann.run().out.replace('.syncignore', '')
    bea.write('log', 'from bea'), bea.run()
    assert ann.run().out.startswith('0 up  0 down') and ann.read('log') == '1'
    ann.remove('d/log'), ann.run(), bea.run()
    assert bea.read('d/log') == '2', 'a deletion of what is ignored is nobody else\'s'
    # ... and without the rule both are there again, nothing was deleted.
    ann.write('.syncignore', '*.o\n/build/\n!keep.o\n')
    ann.run(want=3)
    assert ann.read('log') == 'from bea' and ann.read(ann.copies()[0]) == '1' and ann.read('d/log') == '2'
    ann.remove(ann.copies()[0]), settle_some(ann, bea)

    # What the server has of an ignored name is not fetched, nor is a folder deleted there for which we see nothing else.
    ann.write('.syncignore', '*.o\nsecret*\n'), ann.run()
    ann.sync('push', '-', '/docs/src/secret', stdin='s'), ann.sync('push', '-', '/docs/secrets', stdin='s')
    assert ann.run().out.startswith('0 up  0 down') and 'secrets' not in ann.tree()
    ann.remove('src'), ann.run('--allow-deletes')
    assert ann.sync('cat', '/docs/src/secret').out == 's' and ann.tree()['src'] is None and 'src/b.o' not in ann.tree()

    # A folder that the server deleted stays here for what is ignored in it, and is not made there again.
    ann.write('left/a', 'a'), ann.write('left/b.o', 'b'), ann.write('left/deep/c.o', 'c')
    ann.run(), bea.run(), bea.remove('left'), bea.run()
    ann.run()
    assert ann.read('left/b.o') == 'b' and ann.read('left/deep/c.o') == 'c' and 'left/a' not in ann.tree()
    for machine in (ann, bea):
        assert machine.run().out.startswith('0 up  0 down')
    assert 'left' not in bea.tree()
    # With something new in it, it is a folder again.
    ann.write('left/new', 'n'), ann.run(), bea.run()
    assert bea.read('left/new') == 'n' and 'left/b.o' not in bea.tree() and 'left/deep' not in bea.tree()

    # The config's own patterns.
    ann.env['SYNC_CONFIG'] = os.path.abspath('config')
    write('config', '[defaults]\nignore = *.tmp .git\n')
    ann.write('x.tmp', 'x'), ann.write('.git/HEAD', 'x')
    assert ann.run().out.startswith('0 up')
    # .sync is never synced, at any depth; nor what an interrupted pull left.
    ann.write('deep/.sync/x', 'x'), ann.write('.sync-0123456789abcdef.part', 'x')
    assert ann.run().out.splitlines()[0] == 'up\tdeep\tmade'
    assert 'deep/.sync' not in ann.sync('ls', '-R', '/docs').out


def settle_some(ann, bea):
    """They need not have the same: what is ignored differs."""
    for _ in range(3):
        ann.run(), bea.run()


dav.run(main)
