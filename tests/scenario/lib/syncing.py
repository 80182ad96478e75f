"""What the scenarios of two-way sync share: machines, each with a folder and a state of its own, and their trees."""
import os, shutil, subprocess, time
from mock import *


class Machine:
    """`where`: SYNC_URL and the like; the folder is ./NAME, cloned from `collection`."""

    def __init__(self, name, collection='/docs', where=None, clone=True, **env):
        self.name, self.folder = name, os.path.abspath(name)
        where = where or {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
        self.env = environment(**where, XDG_STATE_HOME=os.path.abspath(name + '-state'), **env)
        if clone:
            sync('clone', collection, name, env=self.env)

    def run(self, *args, want=0, **env):
        return sync('run', *args, self.name, env={**self.env, **env}, want=want)

    def status(self, *args, want=0):
        return sync('status', *args, self.name, env=self.env, want=want)

    def sync(self, *args, **more):
        return sync(*args, env=self.env, **more)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        write(self.path(name), content)

    def read(self, name):
        return read(self.path(name)).decode()

    def remove(self, name):
        path = self.path(name)
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)

    def tree(self):
        """Path to content; None for folders.  Without .sync and what is no file."""
        found = {}
        for at, folders, files in os.walk(self.folder):
            if '.sync' in folders:
                folders.remove('.sync')
            for name in folders:
                if not os.path.islink(os.path.join(at, name)):
                    found[os.path.relpath(os.path.join(at, name), self.folder)] = None
            for name in files:
                path = os.path.join(at, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    found[os.path.relpath(path, self.folder)] = read(path).decode(errors='surrogateescape')
        return found

    def copies(self):
        return sorted(p for p in self.tree() if '(conflict ' in p)

    def state_file(self):
        folder = os.path.join(self.env['XDG_STATE_HOME'], 'sync/links')
        return [os.path.join(folder, f) for f in os.listdir(folder) if f.endswith('.db')][0]


def names_library():
    """What the environment of a client has to hold for its file system to have the ideas of names that its NAMES says (names.c)."""
    library = os.path.abspath('names.so')
    subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-D_GNU_SOURCE', '-o', library, os.environ['TOP'] + '/tests/scenario/lib/names.c', '-ldl',
                    '-lutf8proc'], check=True)
    return {'LD_PRELOAD': library, 'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'}


def settle(*machines, rounds=6):
    """Runs them in turn until nobody has anything to do; they then have the same."""
    for _ in range(rounds):
        runs = [m.run(want=None) for m in machines]
        assert all(r.code in (0, 3) for r in runs), runs
        if all(' '.join(r.out.split()[-6:]).startswith('0 up 0 down') for r in runs):
            trees = [m.tree() for m in machines]
            assert all(t == trees[0] for t in trees), trees
            return trees[0]
    raise AssertionError(f'no end: {runs}')
