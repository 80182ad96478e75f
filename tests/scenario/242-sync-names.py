"""Names that cannot be here are held, each with its reason, and never taken for removed; a file system that respells names loses none.

With a library that makes a file system of that kind, and with the real ones that this machine has drivers and the right to mount for."""
import os, shutil, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *

ONE, APART, MIXED = 'caf\u00e9', 'cafe\u0301', '\u00e9e\u0301'
CHARACTERS, ENDING, DEVICE = 'takes none of', 'ends in a dot or a blank', 'for a device'


def check_refusing(ann, bea, folder, held, **env):
    """`held`: name to reason.  The rest is synced, in both directions, and what is held stays where it is."""
    names = ['a:b', 'q?.txt', 'x|y', 'back\\slash', 'dot.', 'blank ', 'CON', 'fine.txt', 'dir/in', 'bad*dir/x', 'bad*dir/deep/y', 'n' * 200]
    for name in names:
        bea.write(name, name)
    bea.run()
    listed = bea.sync('ls', '-R', '/docs').out

    def go(*args, want=1):
        return sync(*args, env={**ann.env, **env}, want=want)

    said = go('clone', '/docs', folder)
    for _ in range(3):
        for name, why in held.items():
            assert f'{name}: held: ' in said.err and any(why in l for l in said.err.splitlines() if f'{name}: held' in l), (name, said)
        assert said.err.count('held: ') == len(held) + 3 * ('bad*dir' in held) and 'error' not in said.err and 'kept changing' not in said.err, said
        said = go('run', '-v', folder)
        assert 'GET' not in said.err and 'PUT' not in said.err and 'DELETE' not in said.err and said.out.startswith('0 up  0 down'), said
    assert go('status', folder).err.count('held: ') >= len(held)
    here = {p for p in os.listdir(folder) if p != '.sync'}
    assert here == {n.split('/')[0] for n in names} - set(held), here
    bea.run()
    assert bea.sync('ls', '-R', '/docs').out == listed
    # The rest goes on: what changed there, what is replaced, what is renamed here; one that is renamed to what can be here comes.
    bea.write('fine.txt', 'changed there'), bea.write('dir/in', 'as well'), os.rename(bea.path('a:b'), bea.path('ab'))
    bea.run(), go('run', folder, want=1)
    assert read(folder + '/fine.txt') == b'changed there' and read(folder + '/dir/in') == b'as well' and read(folder + '/ab') == b'a:b'
    write(folder + '/fine.txt', 'changed here'), os.rename(folder + '/ab', folder + '/cd'), write(folder + '/new', 'n')
    go('run', folder), bea.run()
    assert bea.read('fine.txt') == 'changed here' and bea.read('cd') == 'a:b' and bea.read('new') == 'n' and 'ab' not in bea.tree()
    # One that is here gets such a name there: it is held from then on, and none is left here under the old one.
    os.rename(bea.path('cd'), bea.path('c:d')), bea.run()
    assert 'c:d: held' in go('run', folder).err and not os.path.exists(folder + '/cd') and bea.read('c:d') == 'a:b'
    bea.run()
    assert bea.read('c:d') == 'a:b'
    for name in [*held, 'c:d', 'new']:
        if os.path.lexists(bea.path(name)):
            bea.remove(name)
    bea.run(), go('run', folder, want=0)
    assert {p for p in os.listdir(folder) if p != '.sync'} == {p for p in os.listdir(bea.folder) if p != '.sync'}


def check_respelling(form, ann, bea, shim):
    env = {**shim, 'NAMES': form}
    kept = APART if form == 'apart' else ONE
    accent = kept[3:]
    for spelled in (ONE, APART):
        top = 'd' + spelled + spelled
        bea.write(f'f{spelled}', '1'), bea.write(f'd{spelled}/in', '2'), bea.write(f'{top}/x{spelled}', '3')
        bea.run()
        listed = bea.sync('ls', '-R', '/docs').out

        def go(*args, want=0):
            said = ann.run(*args, want=want, **env)
            assert bea.sync('ls', '-R', '/docs').out == listed or not args, said
            return said

        go('-v')
        for _ in range(3):
            said = go('-v')
            assert said.err.count('> ') == 1 and said.out.startswith('0 up  0 down'), said
        assert 'f' + kept in os.listdir(ann.folder) and sync('verify', 'ann', env={**ann.env, **env}).code == 0
        assert sync('status', '--exit-code', 'ann', env={**ann.env, **env}).code == 0
        # Changed there, and here: to the one that is there, in its spelling; new ones are composed; renames and removals.
        bea.write(f'f{spelled}', 'there'), bea.run(), go()
        assert read(ann.path('f' + kept)) == b'there'
        write(ann.path('f' + kept), 'here'), write(ann.path('new' + accent), 'n'), go(), bea.run()
        assert bea.read(f'f{spelled}') == 'here' and bea.read('new\u00e9') == 'n', bea.tree()
        os.rename(bea.path(f'd{spelled}'), bea.path(f'e{spelled}')), bea.run(), go()
        assert sorted(p for p in os.listdir(ann.folder) if p[0] in 'de') == sorted(['d' + kept + kept, 'e' + kept])
        bea.remove('new\u00e9'), bea.remove(f'e{spelled}'), bea.run(), go(), bea.run()
        assert not os.path.exists(ann.path('new' + accent)) and not os.path.exists(ann.path('e' + kept))
        os.remove(ann.path('f' + kept)), go(), bea.run()
        assert sorted(bea.tree()) == sorted(['keep', top, f'{top}/x{spelled}']), bea.tree()
        # The other spelling there: here it is the same.
        other = APART if spelled == ONE else ONE
        os.rename(bea.path(top), bea.path('d' + other + other)), bea.run(), settle_respelled(ann, bea, env)
        # A conflict: both are kept, and it waits until one is removed.
        bea.write('\u00e9.bin', 'b'), bea.run(), ann.run(**env)
        bea.write('\u00e9.bin', 'bea'), bea.run(), write(ann.path(accent + '.bin'), 'ann')
        ann.run(want=3, **env), ann.run(want=3, **env)
        bea.run()
        [copy] = bea.copies()
        assert bea.read(copy) == 'ann' and bea.read('\u00e9.bin') == 'bea'
        bea.remove(copy), bea.remove('\u00e9.bin'), bea.remove('d' + other + other), bea.run(), ann.run(**env)
        assert os.listdir(ann.folder) and sorted(bea.tree()) == ['keep'] == sorted(ann.tree()), (bea.tree(), ann.tree())
    # One that comes back in neither of the two usual forms could not be told again: held.
    bea.write(MIXED, 'm'), bea.run()
    assert 'another name' in ann.run(want=1, **env).err and bea.run() and bea.read(MIXED) == 'm'
    bea.remove(MIXED), bea.run(), ann.run(**env)


def settle_respelled(ann, bea, env):
    for _ in range(4):
        ann.run(want=0, **env), bea.run()
    assert ann.run(**env).out.startswith('0 up  0 down') and len(ann.tree()) == len(bea.tree()), (ann.tree(), bea.tree())


def mounted(kind, at):
    """The path of a real one, or None where there is none to be had."""
    image = os.path.abspath(kind + '.img')
    subprocess.run(['truncate', '-s', '32M', image], check=True)
    make = {'ntfs': ['mkntfs', '-F', '-q', '-f', image], 'exfat': ['mkfs.exfat', image]}[kind]
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if os.geteuid() != 0 or not shutil.which(make[0]) or subprocess.run(make, **quiet).returncode:
        return None
    os.makedirs(at)
    if kind == 'ntfs':
        mount = ['ntfs-3g', '-o', 'windows_names', image, at]
        return at if shutil.which(mount[0]) and subprocess.run(mount, **quiet).returncode == 0 else None
    if not shutil.which('mount.exfat-fuse'):
        return None
    loop = subprocess.run(['losetup', '-f', '--show', image], capture_output=True, text=True).stdout.strip()
    done = loop and subprocess.run(['mount.exfat-fuse', loop, at], **quiet).returncode == 0
    if loop:
        subprocess.run(['losetup', '-d', loop])  # when it is unmounted
    return at if done else None


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    env = names_library()
    bea = Machine('bea')
    characters = {name: CHARACTERS for name in ('a:b', 'q?.txt', 'x|y', 'back\\slash', 'bad*dir')}
    every = {**characters, 'dot.': ENDING, 'blank ': ENDING, 'CON': DEVICE}
    check_refusing(Machine('vfat', clone=False), bea, 'vfat', every, NAMES='vfat', **env)
    for kind, held in (('ntfs', every), ('exfat', characters)):
        at = os.path.abspath('mnt-' + kind)
        if not mounted(kind, at):
            print('no', kind)
            continue
        try:
            check_refusing(Machine(kind, clone=False), bea, at + '/docs', held)
        finally:
            subprocess.run(['umount', at], check=True)
    for path in list(bea.tree()):
        if os.path.lexists(bea.path(path)):
            bea.remove(path)
    bea.write('keep', 'k'), bea.run()
    for form in ('apart', 'composed'):
        check_respelling(form, Machine('ann', clone=False) if os.path.exists('ann') else Machine('ann'), bea, env)
        bea.run()


dav.run(main)
