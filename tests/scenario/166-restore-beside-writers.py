"""A folder, and everything, restored while others write to it all the time: it needs no quiet moment, and what it makes is the state of
then as a whole, whatever came between its plan and its commit."""
import os, sqlite3, sys, threading
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from dav import check, equal
from multistatus import name, parse, prop

FILES, FOLDERS, LARGE = 150, 4, 1300


def main():
    line = dav.Connection(timeout=300)

    def ask(method, path, *args, **fields):
        a = line.ask(method, path, *args, **fields)
        check(a.status < 300, method, path, a)
        return a

    def state(path):
        r = parse(ask('PROPFIND', path + '?at=2200-01-01', prop('checked-in'), Depth='0')).popitem()[1]
        return r.found[name('checked-in')][0].text

    def tag(path, number):
        r = parse(ask('PROPFIND', f'{path}?at={number}', prop('getetag'), Depth='0')).popitem()[1]
        return r.text('getetag')

    for f in range(FOLDERS):
        ask('MKCOL', f'/{f}')
        for i in range(FILES):
            ask('PUT', f'/{f}/{i}', b'old %d %d' % (f, i))
    for i in range(20):
        ask('PUT', f'/top{i}', b'old %d' % i)
    ask('MKCOL', '/0/below'), ask('PUT', '/0/below/x', b'x'), ask('PUT', '/0/zz', b'after all others'), ask('MKCOL', '/large')
    for i in range(LARGE):
        ask('PUT', f'/large/{i}', b'%d' % i)
    thens = {path: state(path) for path in ('/', '/0/')}
    then = int(thens['/'].rstrip('/').rsplit('/', 1)[1])

    stop, failed = threading.Event(), []

    def write(number):
        """Everything that one does to files, in folders that are to be there and in others; names new and old."""
        own, i = dav.Connection(timeout=300), 0

        def do(method, path, *args, **fields):
            a = own.ask(method, path, *args, **fields)
            # What was made a moment ago a restore may have taken away.
            a.status in (201, 204, 404, 405, 409, 412) or failed.append((method, path, a))

        while not stop.is_set() and not failed:
            i += 1
            do('PUT', f'/top{i % 25}', b'%d %d' % (number, i))
            do('PUT', f'/{i % FOLDERS}/{i % FILES}', b'%d %d' % (number, i))
            do('PUT', f'/{i % FOLDERS}/new-{number}-{i}', b'')
            do('DELETE', f'/{i % FOLDERS}/{(i * 7 + number) % FILES}')
            do('MOVE', f'/0/{i % FILES}', Destination=f'/1/{(i + 5) % FILES}')
            do('COPY', f'/2/{i % FILES}', Destination=f'/0/below/{i % 9}')
            do('MKCOL', f'/folder-{number}-{i % 3}'), do('PUT', f'/folder-{number}-{i % 3}/x', b'%d' % i)
            i % 3 or do('DELETE', f'/folder-{number}-{i % 3}')

    def make_folders():
        """New folders with something new in them, one after the other, and nothing else."""
        own, i = dav.Connection(timeout=300), 0
        while not stop.is_set():
            i += 1
            for method, path in (('MKCOL', f'/fast{i % 5}'), ('PUT', f'/fast{i % 5}/x{i}'), ('MKCOL', f'/fast{i % 5}/y'), ('PUT', f'/fast{i % 5}/y/z')):
                a = own.ask(method, path, **({'body': b'%d' % i} if method == 'PUT' else {}))
                a.status in (201, 204, 404, 405, 409) or failed.append((method, path, a))
            i % 7 or own.ask('DELETE', f'/fast{i % 5}')

    def restore(path, number):
        run = '%032x' % number
        a = line.ask('COPY', thens[path], Destination=path, Sync_Run=run)
        equal(a.status, 204, a)
        db = sqlite3.connect(f'file:{os.environ["SYNC_STORE"]}/db?mode=ro', uri=True)
        ((last,),) = db.execute('SELECT max(seq) FROM journal WHERE txn = ?', (bytes.fromhex(run),))
        db.close()
        if last is not None:  # else it was as it is to be
            equal(tag(path, last), tag(path, then), path, number, last)
        return last is not None

    writers = [threading.Thread(target=write, args=(n,)) for n in range(3)] + [threading.Thread(target=make_folders)]
    for t in writers:
        t.start()
    try:
        done = sum(restore('/0/' if number % 3 == 0 else '/', number) for number in range(1, 16))
        check(done > 10, 'the writers are slow', done, failed)
        # More changes than are made one by one: most of what is in a folder came since; in several folders; in one that was made anew.
        for i in range(1400):
            ask('PUT', f'/0/other-{i}', b'')
        restore('/0/', 19)
        ask('MKCOL', '/many')
        for i in range(1100):
            ask('PUT', f'/many/{i}', b'')
        for i in range(LARGE):
            ask('PUT', f'/large/{i}', b'new')
        for i in range(0, FILES, 2):
            ask('DELETE', f'/3/{i}') if line.ask('HEAD', f'/3/{i}').status == 200 else None
        restore('/', 20)
        ask('DELETE', '/large'), ask('MKCOL', '/large'), restore('/', 21)
    finally:
        stop.set()
        for t in writers:
            t.join()
    equal(failed, [])
    db = sqlite3.connect(f'file:{os.environ["SYNC_STORE"]}/db?mode=ro', uri=True)
    equal(db.execute("SELECT count(*) FROM node WHERE parent = 2 AND key LIKE 'stage-%'").fetchone()[0], 0, 'what was built and not needed')


dav.run(main)
