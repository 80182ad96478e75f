"""Two names that a file system takes for one: neither is taken for the other, nothing is deleted, and it settles when one is renamed."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    # Accents: the server has one name for both ways to write them, so that of two files here neither is sent until one goes.
    ann, bea = Machine('ann'), Machine('bea')
    ann.write('caf\u00e9', 'composed'), ann.write('cafe\u0301', 'apart'), ann.write('other', 'o')
    for _ in range(2):
        said = ann.run(want=1)
        assert said.err.count('how accents are written') == 2 and ann.sync('ls', '/docs').out == 'other\n', said
    assert ann.status(want=1).err.count('how accents are written') == 2
    os.rename(ann.path('cafe\u0301'), ann.path('tea'))
    ann.run(), bea.run()
    assert bea.tree() == ann.tree() == {'caf\u00e9': 'composed', 'tea': 'apart', 'other': 'o'}, bea.tree()
    # One that was synced, and a twin beside it: it stays as it is, there and elsewhere.
    ann.write('cafe\u0301', 'again'), ann.run(want=1), bea.run()
    assert bea.read('caf\u00e9') == 'composed'
    ann.remove('cafe\u0301'), settle(ann, bea)

    # Case: the server has two, this file system (here made by names.c) one.
    fold = {'NAMES': 'caseless', **names_library()}
    for name, text in (('Readme', 'R'), ('README', 'RR'), ('Docs/a', 'A'), ('docs/b', 'B'), ('docs/deep/c', 'C'), ('Plan.md', 'p')):
        bea.write(name, text)
    bea.run()
    whole = bea.tree()
    assert os.path.lexists(bea.path('docs/deep/c'))
    for _ in range(3):
        said = ann.run(want=1, **fold)
        assert said.err.count('rename one of the two') == 2, said
        tree = ann.tree()
        assert ('README' in tree) != ('Readme' in tree) and ('Docs' in tree) != ('docs' in tree), tree
        assert all(whole[path] == text for path, text in tree.items()), tree
        assert tree['Plan.md'] == 'p'
        bea.run()
        assert bea.tree() == whole, bea.tree()
    held = sync('status', 'ann', env={**ann.env, **fold}, want=1)
    assert held.err.count('rename one of the two') == 2, held
    # A change of the one that is here goes there, to it and not to its twin.
    mine, other = ('README', 'Readme') if 'README' in tree else ('Readme', 'README')
    ann.write(mine, 'mine'), ann.run(want=1, **fold), bea.run()
    assert bea.read(mine) == 'mine' and bea.read(other) == whole[other]
    # Renamed: all is here, and as it is there.
    folder = 'docs' if 'Docs' in tree else 'Docs'
    os.rename(bea.path(other), bea.path('manual')), os.rename(bea.path(folder), bea.path('folder'))
    bea.run(), ann.run(**fold)
    assert ann.run(**fold).out.startswith('0 up  0 down') and ann.tree() == bea.tree(), (ann.tree(), bea.tree())
    # Another case for a name, there and here, is a rename.
    os.rename(bea.path('Plan.md'), bea.path('plan.md')), bea.run(), ann.run(want=None, **fold), ann.run(**fold)
    os.rename(ann.path('tea'), ann.path('TEA')), ann.run(**fold), bea.run()
    assert ann.tree() == bea.tree() and {'plan.md', 'TEA'} <= set(bea.tree()) and 'Plan.md' not in bea.tree(), bea.tree()


dav.run(main)
