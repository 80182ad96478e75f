"""What one client put on the server and another took away before the first asked what changed: it goes here, too."""
import os, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    ann, bea = Machine('ann'), Machine('bea')

    def meanwhile(there, change, at=1):
        """Ann's run is held up after its first effect (or that number), of which her base knows nothing yet; bea sees it, and changes something."""
        run = subprocess.Popen([CLIENT, 'run', 'ann'], env={**ann.env, 'SYNCD_FAULT': f'sync-effect-done:{at}:sleep2500'}, stderr=subprocess.PIPE, text=True)
        for _ in range(200):
            if bea.sync('stat', '/docs/' + there, want=None).code == 0:
                break
            time.sleep(0.01)
        time.sleep(0.3 * (at > 1))
        bea.run(), change(), bea.run()
        # On a busy machine it may be over by now: then the next run takes away what bea took away.
        assert run.communicate()[1] == '' and run.returncode == 0
        tree = settle(ann, bea)
        assert ann.sync('verify', 'ann').code == 0
        return tree

    ann.write('keep', 'k'), ann.write('folder/keep', 'k'), settle(ann, bea)
    ann.write('new', 'n')
    assert 'new' not in meanwhile('new', lambda: bea.remove('new'))
    ann.write('folder/new', 'n')
    assert 'folder/new' not in meanwhile('folder/new', lambda: bea.remove('folder/new'))
    os.mkdir(ann.path('made'))
    assert 'made' not in meanwhile('made', lambda: bea.remove('made'))
    for n in range(8):
        ann.write(f'many/deep/f{n}', 'n')
    assert 'many' not in meanwhile('many/deep/f7', lambda: bea.remove('many'), at=10)
    ann.write('from', 'f'), ann.write('dir/a', 'a'), ann.write('dir/b', 'b'), settle(ann, bea)
    os.rename(ann.path('from'), ann.path('to'))
    assert not {'from', 'to'} & set(meanwhile('to', lambda: bea.remove('to')))
    os.rename(ann.path('dir'), ann.path('rid'))
    tree = meanwhile('rid', lambda: bea.remove('rid/a'))
    assert 'rid/a' not in tree and tree['rid/b'] == 'b' and 'dir' not in tree, tree
    # What bea moved is there under its new name; what she changed is what she made of it; what ann changed here since stays.
    ann.write('new', 'once more')
    assert meanwhile('new', lambda: os.rename(bea.path('new'), bea.path('moved')))['moved'] == 'once more'
    ann.write('new', 'and again')
    assert meanwhile('new', lambda: bea.write('new', 'changed'))['new'] == 'changed'
    ann.write('other', 'o')
    assert meanwhile('other', lambda: (bea.remove('other'), ann.write('other', 'changed here')))['other'] == 'changed here'


dav.run(main)
