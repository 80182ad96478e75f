"""kill -9 while a folder is restored, something comes out of the trash, is purged, and a store is migrated: old or new, never
between; and what was begun for good is finished by the next start."""
import os, shutil, sqlite3, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *
from multistatus import DAV, name, parse, prop

STEPS = ['commit-begin', 'commit-apply', 'commit-sync', 'commit-done', 'commit-answer']
FILES = 1200  # more than a slice of a purge


def ask(line, method, path, *args, **fields):
    a = line.ask(method, path, *args, token=TOKEN, **fields)
    check(a.status < 300, method, path, a)
    return a


def tag(line, path='/d'):
    a = line.ask('GET', path, token=TOKEN)
    return a['etag'] if a.status == 200 else None


def prepare():
    """/d as it was and as it is, and in the trash a folder with many files and one old version."""
    global TOKEN, OLD, NEW, VERSION, TRASHED, GONE
    server = Server('template')
    TOKEN, line = server.token(), Connection(server.url)
    for folder in ('/d', '/d/e', '/many'):
        ask(line, 'MKCOL', folder)
    for i in range(20):
        ask(line, 'PUT', f'/d/{i}', b'old %d' % i)
        ask(line, 'PUT', f'/d/e/{i}', b'same')
    OLD = tag(line)
    (state,) = parse(ask(line, 'PROPFIND', '/d/?at=2200-01-01', prop('checked-in'), Depth='0')).values()
    VERSION = state.found[name('checked-in')][0].text
    for i in range(10):
        ask(line, 'PUT', f'/d/{i}', b'new %d' % i)
    for path in ('/d/15', '/d/16', '/d/e'):
        ask(line, 'DELETE', path)
    ask(line, 'PUT', '/d/added', b'added')
    NEW = tag(line)
    for i in range(FILES):
        ask(line, 'PUT', f'/many/{i}', b'%d' % i)
    ask(line, 'PUT', '/many/0', b'another')
    GONE = tag(line, '/many')
    ask(line, 'DELETE', '/many')
    TRASHED = list(parse(ask(line, 'PROPFIND', '/.sync/trash/', prop('getetag'), Depth='1')))[1]
    server.stop()


def crash(step, number, method, path, **fields):
    """True if it died of the fault; the line to the server that was started next."""
    shutil.rmtree('data', ignore_errors=True)
    shutil.copytree('template', 'data', ignore=shutil.ignore_patterns('admin.sock'))
    server = Server('data', fault=f'{step}:{number}:kill')
    died = False
    try:
        check(Connection(server.url).ask(method, path, token=TOKEN, **fields).status < 300)
    except (OSError, EOFError):
        died = True
    if died:
        server.died()
    else:
        server.stop()
    server = Server('data')
    return died, server, Connection(server.url)


def finish(server):
    server.stop()
    inspect('data')


def count(sql):
    db = sqlite3.connect('file:data/db?mode=ro', uri=True)
    (n,) = db.execute(sql).fetchone()
    db.close()
    return n


def restores(step):
    died, server, line = crash(step, 1, 'COPY', VERSION, Destination='/d/')
    check(died)
    found = tag(line)
    check(found in ((OLD,) if step in ('commit-done', 'commit-answer') else (OLD, NEW)), step, found)
    ask(line, 'COPY', VERSION, Destination='/d/')
    equal(tag(line), OLD)
    finish(server)


def undeletes(step):
    died, server, line = crash(step, 1, 'MOVE', TRASHED, Destination='/many/')
    check(died)
    found = tag(line, '/many')
    check(found in ((GONE,) if step in ('commit-done', 'commit-answer') else (GONE, None)), step, found)
    equal(line.ask('GET', TRASHED, token=TOKEN).status, 404 if found else 200)
    if not found:
        ask(line, 'MOVE', TRASHED, Destination='/many/')
    equal(tag(line, '/many'), GONE)
    finish(server)


def purges(step):
    for number in range(1, 100):
        died, server, line = crash(step, number, 'DELETE', TRASHED)
        is_there = line.ask('GET', TRASHED, token=TOKEN).status == 200
        check(not is_there or number == 1, step, number)
        equal(tag(line), NEW)
        finish(server)
        left = count(f"SELECT count(*) FROM node WHERE parent IN (SELECT id FROM node WHERE name = 'many')")
        equal(left, FILES if is_there else 0, step, number)
        equal(count('SELECT count(*) FROM version v WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.id = v.node)'), 0)
        equal(count('SELECT count(*) FROM node n JOIN object o ON o.id = n.object WHERE o.state <> 0'), 0)
        if not died:
            check(number > 3, 'slices', number)
            equal(count("SELECT count(*) FROM object WHERE state = 1"), FILES + 1, 'what nobody refers to is known to be dead')
            break


def migrates():
    """A store of the third format."""
    for point in ('schema-migrate', 'schema-commit', None):
        shutil.rmtree('data', ignore_errors=True)
        shutil.copytree('template', 'data', ignore=shutil.ignore_patterns('admin.sock'))
        db = sqlite3.connect('data/db')
        db.executescript('DROP INDEX version_at; DROP INDEX gone_node; DROP INDEX trash_at; DROP INDEX object_dead;'
                         'ALTER TABLE version DROP COLUMN made_ns; ALTER TABLE version DROP COLUMN client;'
                         'ALTER TABLE version DROP COLUMN executable; PRAGMA user_version = 3')
        db.close()
        if point:
            Server('data', fault=f'{point}:1:kill').died()
            equal(count('SELECT user_version FROM pragma_user_version'), 3)
        server = Server('data')
        line = Connection(server.url)
        equal(tag(line), NEW)
        ask(line, 'COPY', VERSION, Destination='/d/')
        equal(tag(line), OLD)
        finish(server)


prepare()
for step in STEPS:
    restores(step)
    undeletes(step)
for step in STEPS[:2] + STEPS[3:4]:
    purges(step)
migrates()
