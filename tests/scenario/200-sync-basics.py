"""clone, run and status with the real server: every kind of change on either side and on both, what is said, and that a run with
nothing to do is one request."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def check_words(ann, bea):
    ann.write('one', 'one\n'), ann.write('d/two', '22')
    run = ann.run()
    assert sorted(run.out.splitlines()) == ['3 up  0 down  0 conflicts', 'up\td\tmade', 'up\td/two\t2 B\tcreated',
                                            'up\tone\t4 B\tcreated'], run
    objects = bea.run('--json').objects()
    assert objects[-1] == {'result': 'done', 'up': 0, 'down': 3, 'conflicts': 0, 'held': 0}, objects
    assert {'path': '/docs/one', 'local': 'one', 'action': 'get', 'result': 'fetched', 'bytes': 4,
            'etag': etag(b'one\n')[1:-1]} in objects
    assert bea.tree() == ann.tree() == {'one': 'one\n', 'd': None, 'd/two': '22'}
    assert os.stat(bea.path('one')).st_mtime == int(os.stat(ann.path('one')).st_mtime)

    # Nothing to do: one request, nothing written, nothing said but the totals.
    run = ann.run('-v')
    assert run.err.count('> ') == 1 and '> REPORT /docs/' in run.err and run.out == '0 up  0 down  0 conflicts\n', run
    assert ann.run('-q').out == '' and ann.run('--json').objects()[-1]['up'] == 0

    # -n and status say what would be done, and do not.
    ann.write('one', 'more'), bea.remove('d/two'), bea.run()
    before = ann.tree()
    for run in (ann.run('-n'), ann.status()):
        assert sorted(run.out.splitlines()) == ['1 up  1 down  0 conflicts', 'down\td/two\tremoved', 'up\tone\t4 B\tsaved'], run
    assert ann.tree() == before and bea.run().out.startswith('0 up')
    ann.status('--exit-code', want=1)
    ann.run()
    ann.status('--exit-code')
    assert 'd/two' not in ann.tree()
    # In the folder itself, and below it.
    assert sync('run', env=ann.env, cwd=ann.path('d')).out.startswith('0 up')
    assert 'not in a linked folder' in sync('run', env=ann.env, want=4).err


def check_changes(ann, bea):
    settle(ann, bea)
    # A file changed, deleted; folders made, deleted with all below, renamed; a file for a folder and back.
    for n in range(5):
        ann.write(f'tree/{n}/a', f'{n}'), ann.write(f'tree/{n}/deep/b', f'b{n}')
    ann.write('kind', 'a file'), ann.write('kinds/x', 'x')
    tree = settle(ann, bea)
    assert tree['tree/3/deep/b'] == 'b3'
    bea.remove('tree/0'), os.rename(bea.path('tree/1'), bea.path('renamed')), bea.write('tree/2/a', 'changed')
    bea.remove('kind'), bea.write('kind/inside', 'i'), bea.remove('kinds'), bea.write('kinds', 'a file now')
    tree = settle(bea, ann)
    assert 'tree/0' not in tree and 'tree/1' not in tree and tree['renamed/deep/b'] == 'b1' and tree['tree/2/a'] == 'changed'
    assert tree['kind'] is None and tree['kind/inside'] == 'i' and tree['kinds'] == 'a file now'
    # What goes here goes to the folder's trash first.
    assert any(f.endswith('-kinds') or f.endswith('-x') for f in os.listdir(ann.path('.sync/trash')))

    # One side deletes what the other changes: the change wins, in folders too.
    ann.write('tree/2/a', 'edited'), bea.remove('tree/2')
    ann.write('tree/3/new', 'new'), bea.remove('tree/3')
    tree = settle(bea, ann)
    assert tree['tree/2/a'] == 'edited' and tree['tree/3/new'] == 'new' and 'tree/3/deep' not in tree
    assert ann.copies() == []

    # The same change on both sides is none.
    ann.write('same', 'same'), bea.write('same', 'same'), ann.write('one', 'equal'), bea.write('one', 'equal')
    run = ann.run(), bea.run('-v')
    assert 'PUT' not in run[1].err and ann.copies() == bea.copies() == []


def check_conflicts(ann, bea):
    settle(ann, bea)
    ann.write('one', "ann's"), bea.write('one', "bea's")
    ann.run()
    run = bea.run(want=3)
    assert 'conflict\tone\tyours is now one (conflict ' in run.out and run.out.endswith('1 up  1 down  1 conflict\n'), run
    copy, = bea.copies()
    assert bea.read('one') == "ann's" and bea.read(copy) == "bea's"
    ann.run()
    assert ann.tree() == bea.tree()
    # It waits, and is said, until one of the two is removed.
    assert copy in bea.run(want=3).err and copy in bea.status(want=3).err
    bea.remove(copy)
    bea.run(), bea.status(), ann.run()
    assert ann.tree() == bea.tree() and bea.copies() == []

    # A new file against a new folder of one name: the server's keeps it; both stay.
    ann.write('new', 'file'), bea.write('new/x', 'in a folder')
    ann.run(), bea.run(want=3)
    tree = settle(ann, bea)
    copy, = (p for p in bea.copies() if tree[p] is None)
    assert tree['new'] == 'file' and tree[copy + '/x'] == 'in a folder'
    bea.remove(copy), settle(bea, ann)

    # Names: before the last dot; dot files at the end; the next free number.
    ann.write('a.tar.gz', '1'), ann.write('.dot', '1'), ann.run(), bea.run()
    for n in range(2):
        ann.write('a.tar.gz', f'a{n}'), bea.write('a.tar.gz', f'b{n}'), ann.write('.dot', f'a{n}'), bea.write('.dot', f'b{n}')
        ann.run(), bea.run(want=3)
    names = bea.copies()
    assert len(names) == 4 and sum(n.startswith('a.tar (conflict ') and n.endswith('.gz') for n in names) == 2, names
    assert sum(n.startswith('.dot (conflict ') for n in names) == 2 and sum(' 2)' in n for n in names) == 2, names
    for name in names:
        bea.remove(name)
    settle(bea, ann)


def check_odd(ann, bea):
    """Empty files, big ones, odd names; what is no file or folder."""
    ann.write('empty', ''), ann.write('a b%20&<ü>#;"\'', 'odd'), os.makedirs(ann.path('empty folder'))
    ann.write('big', 'x' * (5 << 20)), ann.write('-n', 'dash'), ann.write('x' * 255, 'long')
    tree = settle(ann, bea)
    assert tree['empty'] == '' and tree['empty folder'] is None and len(tree['big']) == 5 << 20 and tree['-n'] == 'dash'
    assert tree['a b%20&<ü>#;"\''] == 'odd'
    os.symlink('/etc', ann.path('link')), os.mkfifo(ann.path('pipe')), ann.write('bad\nname', 'x')
    with open(os.fsencode(ann.folder) + b'/\xff\xfe', 'w') as f:
        f.write('not utf-8')
    run = ann.run('-v')
    assert run.err.count('> ') == 1, run  # none of them is sent
    run = ann.status()
    assert 'link: not synced: a symbolic link' in run.err and 'pipe: not synced' in run.err, run
    assert '"bad\\nname": not synced' in run.err or 'bad\\nname' in run.err, run
    # Another file takes the place of one that was synced: the link is not followed, and nothing is deleted.
    ann.remove('one'), os.symlink('/etc/passwd', ann.path('one'))
    bea.write('one', 'newer'), bea.run()
    assert 'one: held: a symbolic link' in ann.run(want=1).err and os.path.islink(ann.path('one'))
    assert bea.run().out.startswith('0 up') and bea.read('one') == 'newer'
    ann.remove('one'), ann.run(want=0)
    # A new file of the server where a link is: it is not written through.
    os.symlink('/tmp', ann.path('taken')), bea.write('taken', 'x'), bea.run()
    assert 'in its way' in ann.run(want=1).err and os.path.islink(ann.path('taken'))
    for name in ('link', 'pipe', 'taken', 'bad\nname'):
        os.remove(ann.path(name))
    os.remove(os.fsencode(ann.folder) + b'/\xff\xfe')
    settle(ann, bea)


def main():
    ann = Machine('ann', clone=False)
    assert 'mkdir /docs' in ann.sync('clone', 'docs', 'ann', want=4).err and not os.path.exists('ann')
    ann.sync('mkdir', 'docs')
    ann.sync('clone', '-n', 'docs', 'ann')
    assert not os.path.exists('ann')
    ann, bea = Machine('ann'), Machine('bea')
    assert 'linked folder already' in ann.sync('clone', '-y', 'docs', 'ann', want=3).err
    check_words(ann, bea)
    check_changes(ann, bea)
    check_conflicts(ann, bea)
    check_odd(ann, bea)

    # A folder with something in it is joined, not wiped: equal files are one, different ones both stay.
    tree = settle(ann, bea)
    joined = Machine('joined', clone=False)
    joined.write('one', bea.read('one')), joined.write('same', 'differs'), joined.write('mine', 'mine')
    joined.sync('clone', 'docs', 'joined', want=3)
    assert not os.path.exists('joined/.sync')
    joined.sync('clone', '-y', 'docs', 'joined', want=3)
    after = joined.tree()
    assert after.pop('mine') == 'mine' and after.pop(joined.copies()[0]) == 'differs' and after == tree

    # The whole tree of the server, by its root.
    whole = Machine('whole', collection='/')
    assert {p[5:]: c for p, c in whole.tree().items() if p.startswith('docs/')} == joined.tree()


dav.run(main)
