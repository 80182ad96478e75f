"""What the crash tests share: a server that may die, a workload that remembers what was acknowledged, and a look at a
closed store from outside.  Standard library only."""
import atexit, hashlib, json, os, random, re, sqlite3, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import Connection, check, equal

ABSENT = None


class Server:
    """`syncd serve DIR` on a free loopback port without TLS."""

    def __init__(self, folder, fault=None, config=None, port=0):
        self.folder, self.log = folder, open('server.log', 'ab')
        start = self.log.tell()
        env = {**os.environ, **({'SYNCD_FAULT': fault} if fault else {})}
        self.process = subprocess.Popen(['syncd', 'serve', folder, '--no-tls', '--listen', f'127.0.0.1:{port}',
                                         *(['--config', config] if config else [])], env=env,
                                        stdin=subprocess.DEVNULL, stderr=self.log)
        atexit.register(self.process.kill)  # a test that fails leaves no server behind
        self.url = None
        while self.url is None:
            said = re.search(rb'listening on (http://\S+?)/?\s', open('server.log', 'rb').read()[start:])
            if said:
                self.url = said[1].decode()
            elif self.process.poll() is not None:
                break
            else:
                time.sleep(0.005)
        self.port = int(self.url.rsplit(':', 1)[1].strip('/')) if self.url else None

    def token(self):
        return subprocess.run(['syncd', 'token', 'add', 'ann', '--store', self.folder], check=True, capture_output=True,
                              text=True).stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        equal(self.process.wait(timeout=60), 0, 'exit status of a stopped server')

    def died(self):
        """Waits for a death by the fault hook."""
        equal(self.process.wait(timeout=60), -9, 'not killed')


def body(text, size):
    """`size` bytes that no other text has."""
    block = hashlib.sha256(text.encode()).digest() * 32
    return (block * (size // len(block) + 1))[:size]


class Writer(threading.Thread):
    """Changes names of its own until the server is gone.  `sure`: name to digest as last acknowledged; `maybe`: the change
    whose answer never came, which may have happened or not."""

    def __init__(self, server, token, number, sizes, rounds=10**9):
        super().__init__()
        self.url, self.token, self.number, self.sizes, self.rounds = server.url, token, number, sizes, rounds
        self.random = random.Random(number)
        self.sure, self.maybe, self.failed, self.acknowledged = {}, {}, None, 0

    def name(self):
        return f'/w{self.number}-{self.random.randrange(12)}'

    def transfer(self, line, path):
        """COPY or MOVE of a file to another of the names: what it changes happens all or not at all."""
        method, to = self.random.choice(('COPY', 'MOVE')), self.name()
        if to == path:
            return
        self.maybe = {to: self.sure[path], **({path: ABSENT} if method == 'MOVE' else {})}
        status = line.ask(method, path, token=self.token, Destination=to).status
        check(status in (201, 204), method, status)

    def move_folder(self, line):
        """A folder with a file and a property in it goes from one place to the other and back."""
        here, there = (f'/w{self.number}-{x}' for x in ('xy' if self.sure.get(f'/w{self.number}-x/f') else 'yx'))
        if not self.sure.get(here + '/f'):
            check(line.ask('MKCOL', here, token=self.token).status in (201, 405))
            data = body(here, 10)
            self.maybe = {here + '/f': hashlib.sha256(data).hexdigest()}
            check(line.ask('PUT', here + '/f', data, token=self.token).status in (201, 204))
            return
        self.maybe = {here + '/f': ABSENT, there + '/f': self.sure[here + '/f']}
        status = line.ask('MOVE', here, token=self.token, Destination=there).status
        check(status in (201, 204), 'MOVE', status)

    def lets_locks_run_out(self, line, path):
        """What a killed server's client locked is locked after the restart, until it runs out."""
        patch = b'<propertyupdate xmlns="DAV:"><remove><prop><y xmlns="x:"/></prop></remove></propertyupdate>'
        while line.ask('PROPPATCH', path, patch, token=self.token).status == 423:
            time.sleep(0.1)

    def describe(self, line, path):
        """A property, and a lock that comes and goes: they change no content."""
        patch = (b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">%d</x></prop></set></propertyupdate>' % self.acknowledged)
        check(line.ask('PROPPATCH', path, patch, token=self.token).status == 207)
        info = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
        a = line.ask('LOCK', path, info, token=self.token, Timeout='Second-1', **{'Content-Type': 'application/xml'})
        check(a.status == 200, a)
        status = line.ask('UNLOCK', path, token=self.token, **{'Lock-Token': a['lock-token']}).status
        check(status in (204, 409), 'UNLOCK', status)  # 409: it ran out

    def change(self, line, i):
        path, dice = self.name(), self.random.random()
        if dice < 0.2 and self.sure.get(path):
            self.transfer(line, path)
        elif dice < 0.25:
            self.move_folder(line)
        elif dice < 0.3 and self.sure.get(path):
            self.describe(line, path)
        elif dice < 0.4 and self.sure.get(path) is not ABSENT:
            self.maybe = {path: ABSENT}
            status = line.ask('DELETE', path, token=self.token).status
            check(status in (204, 404), status)
        else:
            data = body(f'{self.number} {i} {time.time()}', self.random.choice(self.sizes))
            self.maybe = {path: hashlib.sha256(data).hexdigest()}
            status = line.ask('PUT', path, data, token=self.token).status
            check(status in (201, 204), status)
        self.sure.update(self.maybe)
        self.maybe = {}
        self.acknowledged += 1

    def run(self):
        try:
            line = Connection(self.url)
            for path in [p for p, digest in self.sure.items() if digest]:
                self.lets_locks_run_out(line, path)
            for i in range(self.rounds):
                self.change(line, i)
        except (OSError, EOFError):
            pass
        except AssertionError as e:
            self.failed = e


def gc(folder, status=0, *args):
    """What `syncd gc --json` says of the stopped store or the running server; `status` None: it may fail."""
    p = subprocess.run(['syncd', 'gc', '--json', '--store', folder, *args], capture_output=True, text=True)
    if status is not None:
        equal(p.returncode, status, p.stdout, p.stderr)
    return json.loads(p.stdout.splitlines()[-1]) if p.stdout else None


def whole(server, token, keep):
    """`keep`: path to SHA-256 of what is to be there."""
    line = Connection(server.url)
    for path, digest in keep.items():
        a = line.ask('GET', path, token=token)
        equal((a.status, hashlib.sha256(a.body).hexdigest()), (200, digest), path)


def verify(server, token, writers):
    """Every acknowledged change is there with the right hash, and nothing is there in part."""
    line = Connection(server.url)
    for w in writers:
        if w.failed:
            raise w.failed
        before = dict(w.sure)
        for path in {**w.sure, **w.maybe}:
            a = line.ask('GET', path, token=token)
            have = ABSENT if a.status == 404 else hashlib.sha256(a.body).hexdigest()
            allowed = [w.sure.get(path, ABSENT), *(d for p, d in w.maybe.items() if p == path)]
            check(a.status in (200, 404) and have in allowed, path, a.status, have, allowed)
            if have is not ABSENT:
                equal(a['etag'], f'"{have}"')
            w.sure[path] = have
        # All of what was under way, or nothing of it.
        check(any(all(w.sure.get(p) == d.get(p) for p in w.maybe) for d in (w.maybe, before)), 'half a change', w.maybe, before)
        w.maybe = {}


def folder_hash(db, node):
    total, members = 0, 0
    for child, kind, name, digest in db.execute("SELECT id, kind, name, hash FROM node WHERE parent = ? AND key <> ''", [node]):
        if kind == 1:
            equal(folder_hash(db, child), digest, 'folder', child)
        name = name.encode()
        term = (b'd' if kind == 1 else b'f') + len(name).to_bytes(2, 'big') + name + digest
        total += int.from_bytes(hashlib.sha256(term).digest(), 'big')
        members += 1
    return hashlib.sha256((total % 2**256).to_bytes(32, 'big') + members.to_bytes(8, 'big')).digest()


def chain(db):
    def field(value):
        return b'\xff\xff' if value is None else len(value).to_bytes(2, 'big') + value

    def number(n):
        return n.to_bytes(8, 'big')

    store_id, expected, last = db.execute('SELECT store_id, kept, kept_chain FROM ns').fetchone()
    check(expected or last == hashlib.sha256(store_id).digest(), 'the chain before the first row')
    equal(db.execute('SELECT count(*) FROM gone WHERE seq <= ?', [expected]).fetchone()[0], 0, 'tombstones before the journal')
    for seq, node, op, parent, name, old, new, author, client, txn, at, stored in db.execute(
            'SELECT seq, node, op, old_parent, old_name, old_hash, new_hash, author, client, txn, at, chain'
            ' FROM journal ORDER BY seq'):
        expected += 1
        equal(seq, expected, 'journal')
        row = number(seq) + number(node) + bytes([op])
        row += field(None if parent is None else number(parent)) + field(None if name is None else name.encode())
        row += b''.join(map(field, (old, new, author.encode(), client.encode(), txn))) + number(at)
        last = hashlib.sha256(last + row).digest()
        equal(stored, last, 'chain', seq)
    equal(db.execute('SELECT head FROM ns').fetchone()[0], expected, 'head')


def inspect(folder):
    """A store that nobody has open: everything in it fits, and nothing is in it that no row names."""
    db = sqlite3.connect(f'file:{folder}/db?mode=ro', uri=True)
    equal(db.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
    equal(folder_hash(db, 1), db.execute('SELECT hash FROM node WHERE id = 1').fetchone()[0], 'root')
    chain(db)
    named = set()
    for digest, size, segment, place in db.execute('SELECT hash, size, segment, place FROM object WHERE state = 0'):
        h = digest.hex()
        name, offset = (f'seg/{segment:06d}', place) if segment else (f'obj/{h[:2]}/{h[2:]}.{place}', 0)
        named.add(name)
        with open(f'{folder}/{name}', 'rb') as f:
            f.seek(offset)
            equal(hashlib.sha256(f.read(size)).digest(), digest, name, offset)
    equal(db.execute('SELECT count(*) FROM node n LEFT JOIN object o ON o.id = n.object'
                     ' WHERE n.kind = 0 AND (o.id IS NULL OR o.hash <> n.hash)').fetchone()[0], 0, 'nodes without content')
    for table in ('lock', 'prop'):
        equal(db.execute(f'SELECT count(*) FROM {table} x LEFT JOIN node n ON n.id = x.node WHERE n.id IS NULL').fetchone()[0], 0, table)
    equal(db.execute('SELECT count(*) FROM node n WHERE props <> (SELECT count(*) FROM prop p WHERE p.node = n.id)').fetchone()[0], 0, 'properties')
    equal(os.listdir(f'{folder}/tmp'), [], 'tmp')
    there = {f'obj/{d}/{n}' for d in os.listdir(f'{folder}/obj') for n in os.listdir(f'{folder}/obj/{d}')}
    equal(there - named, set(), 'objects that no row names')
    segments = db.execute('SELECT next_segment FROM meta').fetchone()[0]
    check(all(int(n) < segments for n in os.listdir(f'{folder}/seg')), os.listdir(f'{folder}/seg'), segments)
    db.close()
