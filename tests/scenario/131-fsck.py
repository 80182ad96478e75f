"""fsck finds every kind of damage, says which paths are hit, repairs what can be, and never removes what is good; online and
on a stopped store."""
import os, shutil, signal, sqlite3, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', 'store')
LARGE = os.urandom(3_000_000)


def fsck(*args, status=0, store=None):
    p = subprocess.run(['syncd', 'fsck', *args, '--json', '--store', store or STORE], capture_output=True, text=True)
    equal(p.returncode, status, p.stdout, p.stderr)
    rows = [json.loads(line) for line in p.stdout.splitlines()]
    equal(rows[-1]['result'], 'damaged' if status else 'whole', rows)
    return rows


def place(store, body):
    """The file and offset of a content."""
    db = sqlite3.connect(f'file:{store}/db?mode=ro', uri=True)
    segment, number, size = db.execute('SELECT segment, place, size FROM object WHERE hash = ?', [hashlib.sha256(body).digest()]).fetchone()
    db.close()
    h = hashlib.sha256(body).hexdigest()
    return (f'{store}/seg/{segment:06d}', number) if segment else (f'{store}/obj/{h[:2]}/{h[2:]}.{number}', 0)


def spoil(store, body):
    name, offset = place(store, body)
    with open(name, 'r+b') as f:
        f.seek(offset)
        byte = f.read(1)
        f.seek(offset)
        f.write(bytes([byte[0] ^ 1]))


def rot(body):
    return bytes([body[0] ^ 1]) + body[1:]


def aside():
    return {n.split('.')[0]: open(f'{STORE}/bad/{n}', 'rb').read() for n in (os.listdir(STORE + '/bad') if os.path.exists(STORE + '/bad') else [])}


def fill():
    equal(ask('MKCOL', '/d').status, 201)
    for path, body in (('/d/a', b'first a'), ('/d/a', b'second a'), ('/d/b', b'bbb'), ('/large', LARGE), ('/e', b'')):
        check(ask('PUT', path, body).status in (201, 204))
    equal(ask('COPY', '/d/b', Destination='/copy').status, 201)
    equal(ask('PUT', '/trashed', b'thrown away').status, 201)
    equal(ask('DELETE', '/trashed').status, 204)
    equal(ask('PROPPATCH', '/d', b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">1</x></prop></set></propertyupdate>').status, 207)


def online():
    total = fsck()[-1]
    equal((total['damaged'], total['folders'], total['files'], total['versions'], total['contents']), (0, 2, 6, 2, 6), total)
    # Rot while the server runs: found, marked, answered 500, healed by the next upload.
    spoil(STORE, b'bbb')
    spoil(STORE, b'first a')
    spoil(STORE, LARGE)
    rows = fsck(status=1)
    equal(rows[-1]['damaged'], 3)
    equal(sorted((r['path'], r.get('version', 0) > 0) for r in rows[:-1]),
          [('/copy', False), ('/d/a', True), ('/d/b', False), ('/large', False)])
    check(all(r['damage'] == 'content' and not r['repaired'] and 'SHA-256' in r['error'] for r in rows[:-1]), rows)
    equal(len(fsck('--repair', status=1)), 5)
    for path in ('/d/b', '/copy', '/large'):
        equal(ask('GET', path).status, 500, path)
    equal(ask('GET', '/d/a').body, b'second a')
    equal(ask('PUT', '/elsewhere', b'bbb').status, 201)
    equal(ask('GET', '/copy').body, b'bbb')
    equal(ask('PUT', '/large', LARGE).status, 204)
    equal(ask('GET', '/large').body, LARGE)
    rows = fsck(status=1)
    equal([(r['path'], r['version'] > 0) for r in rows[:-1]], [('/d/a', True)])
    # What was found lies in bad/, a file of its own each; what was healed is of no use any more, the rest is never thrown away.
    equal(sorted(aside()), sorted(hashlib.sha256(b).hexdigest() for b in (b'bbb', b'first a', LARGE)))
    check(rows[0]['error'].endswith('in bad/'), rows)
    subprocess.run(['syncd', 'gc', '--store', STORE], check=True, stdout=subprocess.DEVNULL)
    equal(aside(), {hashlib.sha256(b'first a').hexdigest(): b'girst a'})
    equal(rot(b'first a'), b'girst a')
    rows = fsck('--repair', status=1)  # again and again
    equal([(r['path'], r['repaired']) for r in rows[:-1]], [('/d/a', False)])
    equal(len(aside()), 1)
    # What reads well again comes back.
    name = [n for n in os.listdir(STORE + '/bad')][0]
    with open(f'{STORE}/bad/{name}', 'wb') as f:
        f.write(b'first a')
    equal(fsck(status=1)[0]['repaired'], False)
    rows = fsck('--repair', status=1)
    equal([(r['path'], r['repaired']) for r in rows[:-1]], [('/d/a', True)])
    equal(aside(), {})
    fsck()
    # As long as a backup copies, what is damaged is marked, and stays in its place.
    equal(ask('PUT', '/during', b'during a backup').status, 201)
    p = subprocess.Popen(['syncd', 'backup', 'backup', '--store', STORE], env={**os.environ, 'SYNCD_FAULT': 'carry-sync:2:stop'},
                         stdout=subprocess.DEVNULL)
    while open(f'/proc/{p.pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'T':
        time.sleep(0.01)
    spoil(STORE, b'during a backup')
    fsck('--repair', status=1)
    equal((ask('GET', '/during').status, aside()), (500, {}))
    p.send_signal(signal.SIGCONT)
    p.wait()
    fsck('--repair', status=1)
    equal(len(aside()), 1)
    equal(ask('PUT', '/during', b'during a backup').status, 204)
    fsck()
    # A file that is not there at all.
    os.rename(place(STORE, LARGE)[0], 'aside')
    rows = fsck(status=1)
    equal((rows[0]['path'], rows[0]['error']), ('/large', 'its file is not there'))
    os.rename('aside', place(STORE, LARGE)[0])
    fsck()


def main():
    fill()
    online()


def damaged(sql, repairs, what, path=None, more=()):
    """The stopped store with its rows changed: found, repaired or said to be lost, and whole after that or still said."""
    shutil.rmtree('bad', ignore_errors=True)
    shutil.copytree('store', 'bad')
    db = sqlite3.connect('bad/db')
    db.executescript(sql)
    db.close()
    rows = fsck(status=1, store='bad')
    check(any(r['damage'] == what and r.get('path') == path for r in rows[:-1]), sql, rows)
    rows = fsck('--repair', status=1, store='bad')
    equal(rows[-1]['repaired'] == rows[-1]['damaged'], repairs, rows)
    rows = fsck(store='bad', status=0 if repairs else 1)


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
status = start('store')
if not status:
    fsck(store='store')
    lost = "UPDATE node SET object = NULL WHERE name = '%s'"
    damaged("UPDATE node SET hash = zeroblob(32) WHERE name = 'd' AND kind = 1", True, 'folder', '/')
    damaged("UPDATE node SET hash = zeroblob(32), sum = zeroblob(32) WHERE kind = 1", True, 'folder', '/d')
    damaged("UPDATE node SET members = 7 WHERE name = 'd'", True, 'folder', '/d')
    damaged("UPDATE node SET bytes = bytes + 1 WHERE name = 'd'", True, 'folder', '/d')
    damaged("UPDATE node SET size = 1 WHERE name = 'e'", True, 'folder', '/')
    damaged(lost % 'a', True, 'file', '/d/a')
    damaged("UPDATE node SET object = (SELECT object FROM node WHERE name = 'e') WHERE name = 'a'", True, 'file', '/d/a')
    damaged("DELETE FROM object WHERE id = (SELECT object FROM node WHERE name = 'large')", False, 'file', '/large')
    damaged("UPDATE node SET parent = 999, key = 'lost' WHERE name = 'd'", True, 'file')
    damaged("UPDATE node SET props = 3 WHERE name = 'e'", True, 'file', '/e')
    damaged("INSERT INTO prop VALUES (1, 999, 'x:', 'x', '', '')", True, 'row')
    damaged("DELETE FROM trash", True, 'row')
    damaged("UPDATE journal SET author = 'eve' WHERE seq = 3", False, 'journal')
    damaged("UPDATE meta SET next_segment = 1", False, 'counter')
    damaged("UPDATE version SET object = 999 WHERE node = (SELECT id FROM node WHERE name = 'a')", True, 'version', '/d/a')
    text = subprocess.run(['syncd', 'fsck', '--store', 'bad'], capture_output=True, text=True)
    equal((text.returncode, text.stdout.count('whole')), (0, 1))
    text = subprocess.run(['syncd', 'fsck', '--store', 'nowhere'], capture_output=True, text=True)
    equal((text.returncode, text.stdout), (1, ''))
    open('store/obj/00/' + '0' * 62 + '.1', 'w').write('stray')
    total = fsck(store='store')[-1]
    equal((total['strays'], total['stray_bytes']), (1, 5))
    # A page of the database itself.
    with open('bad/db', 'r+b') as f:
        f.seek(8192)
        f.write(os.urandom(2048))
    p = subprocess.run(['syncd', 'fsck', '--store', 'bad'], capture_output=True, text=True)
    equal(p.returncode, 1, p)
sys.exit(status)
