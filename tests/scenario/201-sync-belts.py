"""The safety belts: whatever looks like an accident stops the run or is compared anew; nothing is deleted on either side."""
import fcntl, json, os, shutil, signal, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def empty(machine):
    for name in os.listdir(machine.folder):
        if name != '.sync':
            machine.remove(name)


def check_marker(ann, bea):
    tree = settle(ann, bea)
    # Not mounted: an empty folder in its place; the marker alone gone.
    os.rename('ann', 'away'), os.makedirs('ann')
    ann.run(want=4)
    os.rmdir('ann'), os.rename('away', 'ann')
    os.rename('ann/.sync/id', 'id')
    assert 'not mounted?' in ann.run(want=3).err
    os.rename('id', 'ann/.sync/id')
    assert settle(ann, bea) == tree

    # The folder restored from a backup: its marker is an old one.  What was deleted since comes again, nothing goes.
    shutil.copytree('ann', 'backup', symlinks=True)
    ann.remove('f0'), ann.write('f1', 'newer'), ann.run(), bea.run()
    shutil.rmtree('ann'), os.rename('backup', 'ann')
    run = ann.run(want=3)
    assert 'nothing will be deleted' in run.err and 'removed' not in run.out, run
    tree = settle(ann, bea)
    copy, = ann.copies()
    assert tree['f0'] == '0' and tree['f1'] == 'newer' and tree[copy] == '1'
    ann.remove(copy), settle(ann, bea)

    # The state restored, or lost: likewise.
    state = ann.state_file()
    shutil.copy(state, 'old.db')
    ann.remove('f2'), ann.write('f3', 'newer'), ann.run(), bea.run()
    for name in (state, state + '-wal', state + '-shm'):
        if os.path.exists(name):
            os.remove(name)
    shutil.copy('old.db', state)
    run = ann.run()
    assert 'nothing will be deleted' in run.err and 'removed' not in run.out, run
    os.remove(state)
    run = ann.run()
    assert 'nothing will be deleted' in run.err and 'removed' not in run.out, run
    assert settle(ann, bea)['f3'] == 'newer'

    # A copy of the whole folder is another marker's as soon as one of the two changes something.
    shutil.copytree('ann', 'twin', symlinks=True)
    twin = Machine('twin', clone=False)
    twin.env = ann.env
    ann.remove('f4'), ann.run()
    twin.write('t', 't')
    assert 'removed' not in twin.run().out and twin.tree()['f4'] == '4'
    assert 'removed' not in ann.run().out and ann.tree()['t'] == 't'
    shutil.rmtree('twin')
    settle(ann, bea)


def check_emptied(ann, bea):
    tree = settle(ann, bea)
    empty(ann)
    run = ann.run(want=3)
    assert 'this folder is empty now' in run.err and 'run --allow-deletes' in run.err and bea.run().out.startswith('0 up  0 down'), run
    state = ann.state_file()
    os.remove(state)
    ann.run()
    assert settle(ann, bea) == tree

    # A quarter of everything, and 25 at least; the list is printed; told to, it goes.
    for n in range(60):
        ann.write(f'many/{n}', str(n))
    settle(ann, bea)
    shutil.rmtree(ann.path('many'))
    run = ann.run(want=3)
    assert 'would be deleted on the server; nothing was deleted' in run.err and 'server  many/59' in run.err, run
    assert 'many/3' in bea.tree() and bea.run().out.startswith('0 up  0 down')
    ann.run('--allow-deletes')
    run = bea.run(want=3)
    assert 'would be removed here' in run.err and 'many/7' in bea.tree(), run
    bea.run('--allow-deletes')
    assert 'many' not in bea.tree()
    # Many, but no quarter.
    for n in range(200):
        ann.write(f'lots/{n}', str(n))
    settle(ann, bea)
    for n in range(30):
        ann.remove(f'lots/{n}')
    ann.run(), bea.run()
    assert len(bea.tree()) == len(ann.tree())
    ann.remove('lots'), ann.run('--allow-deletes'), bea.run('--allow-deletes')


def check_server_folder(ann, bea):
    """The folder on the server gone, or no longer for us: nothing is deleted here."""
    tree = settle(ann, bea)
    ann.sync('mv', '/docs', '/gone')
    run = ann.run(want=None)
    assert run.code in (4, 5) and 'nothing was changed here' in run.err and ann.tree() == tree, run
    ann.sync('mv', '/gone', '/docs')
    assert settle(ann, bea) == tree
    ann.sync('rm', '-R', '-y', '/docs')
    assert ann.run(want=None).code in (4, 5) and ann.tree() == tree
    # Made anew, it is another folder: the old token means nothing, and everything is sent again.
    ann.sync('mkdir', '/docs')
    run = ann.run(want=None)
    assert 'removed' not in run.out, run
    assert settle(ann, bea) == tree

    # A token that may read less than before: what it may not see is not taken for deleted.
    user = subprocess.run(['syncd', 'user', 'ls', '--json', '--store', os.environ['SYNC_STORE']], check=True, capture_output=True, text=True)
    name = json.loads(user.stdout.splitlines()[0])['user' if 'user' in user.stdout else 'name']
    made = subprocess.run(['syncd', 'token', 'add', name, '--label', 'narrow', '--scope', 'read:/docs/d', '--store', os.environ['SYNC_STORE']],
                          check=True, capture_output=True, text=True)
    run = bea.run(want=None, SYNC_TOKEN=made.stdout.strip())
    assert run.code != 0 and bea.tree() == tree and 'removed' not in run.out, run
    assert settle(ann, bea) == tree
    # Another server altogether.
    assert 'belongs to' in ann.run(want=2, SYNC_URL='https://localhost:1/').err
    assert ann.run(want=6, HTTPS_PROXY='http://127.0.0.1:9/')


def check_one_client(ann):
    with open(ann.state_file() + '.lock') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        assert 'another client' in ann.run(want=6).err
    ann.run()


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea = Machine('ann'), Machine('bea')
    for n in range(6):
        ann.write(f'f{n}', str(n)), ann.write(f'd/g{n}', str(n))
    check_marker(ann, bea)
    check_emptied(ann, bea)
    check_server_folder(ann, bea)
    check_one_client(ann)


dav.run(main)
