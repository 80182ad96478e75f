"""No room on the disk, here and for the state: nothing is half done, and it goes on when there is room.  A clock that jumps decides nothing."""
import glob, os, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


class Small:
    """A file system of that size, or None where none can be mounted."""

    def __init__(self, at, size):
        self.at = os.path.abspath(at)
        os.mkdir(self.at)
        self.is_there = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=' + size, 'none', self.at], stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        with open(self.at + '/fill', 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.is_there:
            subprocess.run(['umount', self.at], check=True)


def check_room(where, bea):
    ann = environment(**where, XDG_STATE_HOME=os.path.abspath('ann-state'))
    with Small('small', '4m') as small:
        if not small.is_there:
            return print('nothing can be mounted')
        at = small.at + '/docs'
        bea.write('replaced', 'old'), bea.write('gone', 'g'), bea.run()
        sync('clone', '/docs', at, env=ann)
        # One that has no room: the others come, what was there stays, nothing of it lies about; with room again it comes.
        bea.write('big', 'b' * (6 << 20)), bea.write('replaced', 'n' * (6 << 20)), bea.write('a', 'a'), bea.run()
        for _ in range(2):
            said = sync('run', at, env=ann, want=8)
            assert 'no room here' in said.err and read(at + '/replaced') == b'old' and not os.path.exists(at + '/big'), said
            assert os.listdir(at + '/.sync/tmp') == [] and os.path.exists(at + '/gone')
        assert 'deleted' not in said.err and sync('ls', '/docs', env=ann).out == 'a\nbig\ngone\nreplaced\n'
        bea.remove('big'), bea.write('replaced', 'small'), bea.run(), sync('run', at, env=ann)
        assert read(at + '/replaced') == b'small' and read(at + '/a') == b'a'
        # Full to the last byte: what is here is still sent, and what goes there goes here.
        small.fill(), os.remove(at + '/a'), bea.remove('gone'), bea.run()
        sync('run', at, env=ann, want=None), os.remove(small.at + '/fill'), sync('run', at, env=ann), bea.run()
        assert sync('ls', '/docs', env=ann).out == 'replaced\n' and sorted(os.listdir(at)) == ['.sync', 'replaced']
    # None for the state: it is said, nothing is done that is not known of, and it goes on.
    with Small('state', '600k') as state:
        cat = environment(**where, XDG_STATE_HOME=state.at)
        sync('clone', '/docs', 'cat', env=cat)
        for n in range(40):
            bea.write(f'n{n}', f'{n}')
            write(f'cat/m{n}', f'{n}')
        os.remove('cat/replaced'), bea.run(), state.fill()
        said = sync('run', 'cat', env=cat, want=None)
        assert said.code == 8 and 'another client' not in said.err, said
        os.remove(state.at + '/fill'), sync('run', 'cat', env=cat), bea.run()
        assert sync('run', 'cat', env=cat).out.startswith('0 up  0 down') and len(bea.tree()) == 80 and 'replaced' not in bea.tree(), bea.tree()
        assert not bea.copies()
    for path in bea.tree():
        os.remove(bea.path(path))
    bea.run('--allow-deletes')


def check_clock(bea):
    library = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')
    if not library:
        return print('no faketime')
    bea.write('keep', 'k'), bea.run()
    dan = Machine('dan')

    def at(when, *args, want=0):
        return sync(*args, 'dan', want=want, env={**dan.env, 'LD_PRELOAD': library[0], 'FAKETIME': when, 'NO_FAKE_STAT': '1',
                                                  'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'})

    dan.write('a', 'dan'), at('-10y', 'run')
    for when in ('+10y', '-10y', '+1h', '-1h'):
        assert at(when, 'run', '-v').err.count('> ') == 1
    # Edits that a clock which went back would hide: of one size, with one time.
    for n, when in enumerate(('+3y', '-3y', '-20y', '+20y')):
        dan.write('a', f'ed{n}'), os.utime(dan.path('a'), (1_500_000_000, 1_500_000_000)), at(when, 'run'), bea.run()
        assert bea.read('a') == f'ed{n}'
        bea.write('a', f'be{n}'), bea.run(), at(when, 'run')
        assert dan.read('a') == f'be{n}'
    # Both changed it: a conflict, whoever has the later clock; a removal against a change: the change.
    dan.write('a', 'dan at 2050'), bea.write('a', 'bea'), bea.run(), at('+24y', 'run', want=3)
    assert dan.read('a') == 'bea' and [dan.read(c) for c in dan.copies()] == ['dan at 2050']
    dan.remove(dan.copies()[0]), dan.remove('a'), bea.run(), bea.write('a', 'stays'), bea.run(), at('+24y', 'run')
    assert dan.read('a') == 'stays'
    settle(dan, bea)


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    bea = Machine('bea')
    check_room(where, bea)
    check_clock(bea)


dav.run(main)
