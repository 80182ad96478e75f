"""Two-way sync with Apache, nginx and rclone as they are: both sides changed, conflicts, deletions, moves; two machines have the same."""
import os, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from foreign import *
from syncing import *


def same(server, *machines, rounds=30):
    """Until all have the same; nothing may be held or fail at the end."""
    for _ in range(rounds):
        runs = [m.run(want=None) for m in machines]
        trees = [m.tree() for m in machines] + [server.tree()]
        if all(t == trees[0] for t in trees) and all(' 0 down' in r.out and r.out.splitlines()[-1].startswith('0 up') for r in runs):
            return trees[0]
        time.sleep(0.3)  # what is too young to be trusted is read once more when it is older
    raise AssertionError(f'no end: {runs} ' + str([{p: (c or '')[:40] for p, c in t.items()} for t in trees])[:3000])


def quiet(machine):
    """Runs until nothing is read any more because it was too young."""
    for _ in range(60):
        run = machine.run('-v', want=None)
        if 'GET' not in run.err:
            return run
        time.sleep(0.5)
    raise AssertionError(f'it reads for ever: {run}')


def check(kind):
    server = Foreign(kind)
    where = {'SYNC_URL': server.url}
    run = sync('clone', '/', 'ann', env=environment(**where, XDG_STATE_HOME=os.path.abspath('ann-state')))
    assert 'not a server of our kind' in run.err, run
    ann, bea = Machine('ann', '/', where, clone=False), Machine('bea', '/', where)
    assert server.tree() == {}, server.tree()
    # There and back.
    for n in range(20):
        ann.write(f'd{n % 3}/f{n}', f'content {n}')
    ann.write('big', os.urandom(3 << 20).hex()), ann.write('empty', ''), ann.write('ü and %20 "x"', 'odd'), os.makedirs(ann.path('hollow/deep'))
    tree = same(server, ann, bea)
    assert len(tree) == 28 and tree['d1/f4'] == 'content 4' and tree['hollow/deep'] is None, tree
    # Nothing to do: said so, and no file is sent or read.
    run = quiet(ann)
    assert run.out == '0 up  0 down  0 conflicts\n' and 'PUT' not in run.err, run
    # Edits on both sides, deletions, a folder deleted, moves; somebody without our client writes too.
    ann.write('d0/f0', 'ann 2'), bea.write('d1/f1', 'bea 2'), ann.remove('d0/f3'), bea.remove('d2')
    os.rename(ann.path('d1/f4'), ann.path('moved')), os.rename(ann.path('hollow'), ann.path('hollow2'))
    write(server.root + '/d0/f6', 'somebody else'), write(server.root + '/new/by-hand', 'by hand')
    os.chmod(server.root + '/new', 0o777)
    tree = same(server, ann, bea)
    assert tree['d0/f0'] == 'ann 2' and tree['d1/f1'] == 'bea 2' and 'd0/f3' not in tree and 'd2' not in tree, tree
    assert tree['moved'] == 'content 4' and 'd1/f4' not in tree and 'hollow2/deep' in tree and 'hollow' not in tree, tree
    assert tree['d0/f6'] == 'somebody else' and tree['new/by-hand'] == 'by hand' and not ann.copies() and not bea.copies(), tree
    # Both changed one file: both are kept.  A change wins over a deletion.
    ann.write('d0/f0', 'of ann'), bea.write('d0/f0', 'of bea'), ann.write('d0/f9', 'kept'), bea.remove('d0/f9')
    ann.run(), bea.run(want=None)
    tree = same(server, ann, bea)
    copy, = ann.copies()
    assert {tree['d0/f0'], tree[copy]} == {'of ann', 'of bea'} and tree['d0/f9'] == 'kept', tree
    # The same on both sides is no conflict, and is not sent twice.
    ann.write('same', 'equal'), bea.write('same', 'equal')
    ann.run(want=None), bea.run(want=None)
    assert len(same(server, ann, bea)) and len(ann.copies()) == 1
    # File for folder and back.
    ann.remove('d1'), ann.write('d1', 'a file now'), bea.remove('moved'), bea.write('moved/in', 'a folder now')
    tree = same(server, ann, bea)
    assert tree['d1'] == 'a file now' and tree['moved/in'] == 'a folder now', tree
    # Two writes in the server's second, of one length, the second behind our back.
    ann.write('quick', 'one'), ann.run(want=None)
    write(server.root + '/quick', 'two')
    tree = same(server, ann, bea)
    assert tree['quick'] == 'two' and not [c for c in ann.copies() if 'quick' in c], tree
    # The state is lost: everything is compared, nothing is deleted, nothing is a conflict.
    shutil.rmtree('ann-state'), ann.remove('same')
    run = ann.run(want=None)
    assert ann.read('same') == 'equal' and len(ann.copies()) == 1, run
    before = same(server, ann, bea)
    # status says what would be done, and changes nothing; verify reads it all.
    ann.write('quick', 'three')
    ann.write('d0/f6', 'of ann'), write(server.root + '/d0/f6', 'of somebody')  # which has to be read to be compared
    told = ann.status(want=None).out.splitlines()
    assert [line for line in told if 'quick' in line] and len(told) == len(set(told)), told
    assert server.tree() == {**before, 'd0/f6': 'of somebody'}
    ann.run(want=None)
    assert 'same here and on the server' in ann.sync('verify', 'ann').out
    write(server.root + '/quick', 'THREE')
    assert 'another on the server' in ann.sync('verify', 'ann', want=1).err
    same(server, ann, bea)
    # The server's root goes, or is emptied: nothing is deleted here.
    tree = ann.tree()
    os.rename(server.root, server.root + '-away')
    ann.run(want=None)
    os.mkdir(server.root), os.chmod(server.root, 0o777)
    run = ann.run(want=3)
    assert 'empty now' in run.err, run
    os.rmdir(server.root), os.rename(server.root + '-away', server.root)
    run = ann.run(want=None)
    assert ann.tree() == tree and run.out.startswith('0 up  0 down'), run
    assert not [n for n in os.listdir(server.root) if n.startswith('.sync')]
    server.stop()


for kind in ('apache', 'nginx', 'rclone'):
    os.mkdir(kind), os.chmod(kind, 0o755), os.chdir(kind)
    check(kind)
    os.chdir('..')
