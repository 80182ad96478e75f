"""Random histories of three clients and one server, all real, killed -9 in all their steps and at any time, while users go on working.
Some runs are `watch`.  Texts get lines, and are merged; files get and lose the executable bit; folders move.
Afterwards nothing that a user wrote and nobody overwrote or deleted is lost, of texts no line, all have the same, and a fresh clone too.

SYNC_HISTORIES=N: as many, else as many of them as there is time for; SYNC_SEED=N: that one alone."""
import os, random, shutil, signal, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/scenario/lib')
from store import Server
from syncing import *

POINTS = ['sync-effect', 'sync-effect-done', 'sync-commit', 'sync-download', 'partial-write']
NAMES, TEXTS = ['a', 'b', 'c.txt', 'ü'], ['t.md', 'u.md']
SECONDS, HISTORIES = 150, 12


def pieces(content):
    """What must not be lost of it: of a text each line, since it may be merged with another; else all."""
    return set(content.splitlines()) if content.startswith('line ') else {content}


class Users:
    """What people do to the folders; they take away before they put something in a place, so that what goes is known."""

    def __init__(self, rng):
        self.rng, self.next, self.written, self.replaced = rng, 0, set(), set()
        os.makedirs('grave')

    def new(self):
        self.next += 1
        return f'content {self.next}'

    def place(self, m, names=NAMES):
        """A path whose folder is there."""
        at = m.folder
        while self.rng.random() < 0.5:
            folders = [d.path for d in os.scandir(at) if d.is_dir(follow_symlinks=False) and d.name != '.sync']
            if not folders or at.count('/') - m.folder.count('/') > 2:
                break
            at = self.rng.choice(folders)
        return os.path.join(at, self.rng.choice(names))

    def take_away(self, path):
        self.next += 1
        grave = f'grave/{self.next}'
        try:
            os.rename(path, grave)
        except OSError:
            return
        for at, _, files in os.walk(grave) if os.path.isdir(grave) else [('', [], [grave])]:
            for name in files:
                self.replaced |= pieces(read(os.path.join(at, name)).decode())

    def put(self, path, content):
        self.next += 1
        write(f'grave/new{self.next}', content)
        try:
            os.link(f'grave/new{self.next}', path)
        except OSError:
            return False  # something came there meanwhile, or its folder went
        finally:
            os.unlink(f'grave/new{self.next}')
        self.written |= pieces(content)
        if not content.startswith('line '):
            self.replaced.discard(content)
        return True

    def edit_text(self, path):
        """A line more, sometimes one less.  What stays of it stays whoever else changes it."""
        self.next += 1
        grave, old, new = f'grave/{self.next}', [], f'line {self.next}'
        if os.path.lexists(path):
            if not os.path.isfile(path):
                return
            os.rename(path, grave)
            old = read(grave).decode().splitlines()
        lines = list(old) if old else [f'line {self.next}.{n}' for n in range(5)]
        if len(lines) > 3 and self.rng.random() < 0.3:
            lines.pop(self.rng.randrange(len(lines)))
        lines.insert(self.rng.randrange(len(lines) + 1), new)
        self.replaced |= set(old) if not self.put(path, '\n'.join(lines) + '\n') else set(old) - set(lines)

    def move_folder(self, m):
        """To another name, or into another folder."""
        path, to = self.place(m), self.place(m)
        if os.path.isdir(path) and not os.path.lexists(to) and not to.startswith(path + '/'):
            subprocess.run(['mv', '-nT', path, to], stderr=subprocess.DEVNULL)

    def change_mode(self, path):
        if os.path.isfile(path):
            os.chmod(path, os.stat(path).st_mode ^ 0o111)

    def edit(self, m):
        path, kind = self.place(m), self.rng.randrange(15)
        try:
            if kind < 4:
                if os.path.lexists(path):
                    if os.path.isdir(path) and self.rng.random() < 0.7:
                        return
                    self.take_away(path)
                self.put(path, self.new())
            elif kind == 4:
                os.mkdir(path)
            elif kind == 5:
                self.take_away(path)
            elif kind == 6:
                other = self.place(m)
                if os.path.lexists(path) and not os.path.lexists(other) and not other.startswith(path + '/'):
                    subprocess.run(['mv', '-nT', path, other], stderr=subprocess.DEVNULL)
            elif kind == 7 and os.path.isfile(path):
                self.put(path + '.copy', read(path).decode())
            elif kind == 8:
                self.put(path + f'.{self.rng.randrange(3)}', self.new())
            elif kind < 12:
                self.edit_text(self.place(m, TEXTS))
            elif kind == 12:
                self.change_mode(self.place(m, NAMES + TEXTS))
            elif kind == 13:
                self.move_folder(m)
            elif kind == 14:
                self.take_away(self.place(m, TEXTS))
        except OSError:
            pass  # it went meanwhile


class History:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.server = Server('store')
        self.where = {'SYNC_URL': self.server.url + '/', 'SYNC_TOKEN': self.server.token()}
        sync('mkdir', 'docs', env=environment(**self.where))
        self.machines = [Machine(f'm{n}', where=self.where) for n in range(3)]
        self.users = Users(self.rng)
        self.merges = self.watches = 0

    def restart_server(self, clients):
        """On a new port: the clients' folders are told, as the address belongs to what they are linked with."""
        self.server.kill()
        self.end_watches(clients)
        for client in clients:
            client.wait(timeout=120)
        old, self.server = self.where['SYNC_URL'], Server('store')
        self.where['SYNC_URL'] = self.server.url + '/'
        for m in self.machines:
            m.env.update(self.where)
            config = m.path('.sync/config')
            write(config, read(config).decode().replace(old, self.where['SYNC_URL']))

    def start(self, m):
        """A run, perhaps one that dies, fails or dawdles at some step."""
        rng, env = self.rng, dict(m.env)
        if rng.random() < 0.4:
            action = rng.choice(['kill', 'kill', 'kill', 'EIO', 'ENOSPC'])
            env['SYNCD_FAULT'] = f'{rng.choice(POINTS)}:{1 + rng.randrange(8)}:{action}'
        elif rng.random() < 0.7:  # time for the others between what was planned and what is done
            env['SYNCD_FAULT'] = f'sync-effect:1+:sleep{1 + rng.randrange(20)}'
        command = 'watch' if rng.random() < 0.25 else 'run'
        return subprocess.Popen([CLIENT, command, m.name], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end_watches(self, clients):
        for client in clients:
            if client.args[1] == 'watch':
                client.send_signal(signal.SIGKILL if self.rng.random() < 0.4 else signal.SIGTERM)

    def run(self):
        rng = self.rng
        machines = rng.sample(self.machines, rng.choice([1, 2, 2, 3]))
        clients = [self.start(m) for m in machines]
        for _ in range(rng.randrange(12)):
            time.sleep(rng.random() * 0.01)
            self.users.edit(rng.choice([*machines, *self.machines]))
        if rng.random() < 0.15:
            time.sleep(rng.random() * 0.02)
            rng.choice(clients).kill()
        elif rng.random() < 0.06:
            for client in clients:  # the retries of one that lost its server take their time
                if rng.random() < 0.7:
                    client.kill()
            self.restart_server(clients)
        if any(client.args[1] == 'watch' for client in clients):
            time.sleep(rng.random() * 0.4)
        self.end_watches(clients)
        for client in clients:
            out, err = (t.decode() for t in client.communicate(timeout=120))
            self.merges += out.count('merged')
            self.watches += client.args[1] == 'watch'
            assert client.returncode in (0, 1, 3, 6, 8, 130, -9, -15), (client.returncode, err)
            assert 'Sanitizer' not in err and 'runtime error' not in err, err

    def finish(self):
        for _ in range(2):  # what was cut off is there to be taken up
            for m in self.machines:
                m.run(want=None)
        tree = settle(*self.machines, rounds=12)
        found, wanted = set().union(*(pieces(c) for c in tree.values() if c is not None)), self.users.written - self.users.replaced
        assert wanted <= found, f'lost: {wanted - found}'
        fresh = Machine('fresh', where=self.where)
        assert fresh.tree() == tree, (fresh.tree(), tree)
        modes = [{p for p, c in tree.items() if c is not None and os.stat(m.path(p)).st_mode & 0o100} for m in (*self.machines, fresh)]
        assert all(m == modes[0] for m in modes), modes
        for m in self.machines:
            assert m.run('-v', want=None).err.count('> ') == 1
        self.server.stop()
        return len(self.users.written), len(fresh.copies()), len(modes[0]), self.merges, self.watches


def main():
    count, seed, began = os.environ.get('SYNC_HISTORIES'), os.environ.get('SYNC_SEED'), time.monotonic()
    sums = [0] * 5
    for number in [int(seed)] if seed else range(1, int(count or HISTORIES) + 1):
        if not count and time.monotonic() - began > SECONDS:
            break
        print('history', number, flush=True)
        os.makedirs(f'h{number}'), os.chdir(f'h{number}')
        history = History(number)
        for _ in range(40):
            if history.rng.random() < 0.6:
                history.users.edit(history.rng.choice(history.machines))
            else:
                history.run()
        sums = [a + b for a, b in zip(sums, history.finish())]
        os.chdir('..')
        shutil.rmtree(f'h{number}')
    print('pieces %d, conflict copies %d, executable %d, merges %d, watches %d' % tuple(sums))


main()
