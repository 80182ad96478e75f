"""kill -9 at the steps of restoring: a file's version, a small folder, a folder so large that it is built aside, the top folder with
such a one in it, the copy of a large folder, and an undo: each ends old or new, and nothing of what was being built is left."""
import os, shutil, sqlite3, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *
from multistatus import DAV, name, parse, prop

STEPS = ['commit-begin', 'commit-apply', 'commit-sync', 'commit-done', 'commit-answer']
FOLDERS, FILES = 8, 640  # more changes than are made one by one
TREE = b'<version-tree xmlns="DAV:"><prop><version-name/></prop></version-tree>'
RUN = {'Sync-Run': '0123456789abcdef' * 2}


def ask(line, method, path, *args, **fields):
    a = line.ask(method, path, *args, token=TOKEN, **fields)
    check(a.status < 300, method, path, a)
    return a


def tag(line, path):
    a = line.ask('HEAD', path, token=TOKEN)
    return a['etag'] if a.status == 200 else None


def state_of(line, path):
    (state,) = parse(ask(line, 'PROPFIND', path + '?at=2200-01-01', prop('checked-in'), Depth='0')).values()
    return state.found[name('checked-in')][0].text


def prepare():
    global TOKEN, BEFORE, AFTER, LARGE, SMALL, TOP, VERSION
    server = Server('template')
    TOKEN, line = server.token(), Connection(server.url, timeout=300)
    for folder in ('/large', '/large/0', '/small', '/plain'):
        ask(line, 'MKCOL', folder)
    for i in range(FILES):
        ask(line, 'PUT', f'/large/0/{i}', b'old %d' % i)
    for i in range(1, FOLDERS):
        ask(line, 'COPY', '/large/0', Destination=f'/large/{i}')
    for i in range(10):
        ask(line, 'PUT', f'/small/{i}', b'old %d' % i)
    ask(line, 'PUT', '/file', b'old')
    LARGE, SMALL, TOP = (state_of(line, path) for path in ('/large/', '/small/', '/'))
    BEFORE = {path: tag(line, path) for path in ('/large/', '/small/', '/file', '/')}
    for i in range(FOLDERS):
        ask(line, 'DELETE', f'/large/{i}')
    ask(line, 'MKCOL', '/large/0')
    # What comes out of the trash is one row each; these are elsewhere now, and have to be made anew.
    for i in range(FOLDERS):
        (href,) = [h for h, r in parse(ask(line, 'PROPFIND', '/.sync/trash/', prop(('original-path', 'urn:x-syncd:')), Depth='1')).items()
                   if name('original-path', 'urn:x-syncd:') in r.found and r.found[name('original-path', 'urn:x-syncd:')][0].text == f'/large/{i}/']
        ask(line, 'MOVE', href, Destination=f'/plain/{i}')
        for k in range(FILES):
            ask(line, 'MOVE', f'/plain/{i}/{k}', Destination=f'/plain/{i}-{k}')
    ask(line, 'PUT', '/file', b'new')
    for i in range(5):
        ask(line, 'PUT', f'/large/0/{i}', b'new %d' % i)
    for i in range(5):
        ask(line, 'PUT', f'/small/{i}', b'new %d' % i, **RUN)
    for i in range(5, 8):
        ask(line, 'DELETE', f'/small/{i}', **RUN)
    VERSION = list(parse(ask(line, 'REPORT', '/file', TREE)))[-1]
    AFTER = {path: tag(line, path) for path in (*BEFORE, '/plain/')}
    server.stop()


def crash(step, number, method, path, *args, **fields):
    """True if it died of the fault; the line to the server that was started next."""
    shutil.rmtree('data', ignore_errors=True)
    shutil.copytree('template', 'data', ignore=shutil.ignore_patterns('admin.sock'))
    server = Server('data', fault=f'{step}:{number}:kill')
    died = False
    try:
        a = Connection(server.url, timeout=300).ask(method, path, *args, token=TOKEN, **fields)
        check(a.status < 300, method, path, a)
    except (OSError, EOFError):
        died = True
    if died:
        server.died()
    else:
        server.stop()
    server = Server('data')
    return died, server, Connection(server.url, timeout=300)


def finish(server):
    server.stop()
    inspect('data')
    db = sqlite3.connect('file:data/db?mode=ro', uri=True)
    left = db.execute("SELECT count(*) FROM node WHERE parent = 2 AND key LIKE 'stage-%'").fetchone()[0]
    orphans = db.execute('SELECT count(*) FROM node n LEFT JOIN node p ON p.id = n.parent WHERE p.id IS NULL').fetchone()[0]
    db.close()
    equal((left, orphans), (0, 0), 'what was being built')


def at_each(step, numbers, path, old, new, method, source, *args, **fields):
    """`numbers`: of the times that the step is come by; the last one may be past the end."""
    seen = set()
    for number in numbers:
        died, server, line = crash(step, number, method, source, *args, **fields)
        found = tag(line, path)
        check(found in (old, new) if died else found == new, step, number, found)
        seen.add(found)
        if found == old and method != 'POST':
            ask(line, method, source, *args, **fields)
            equal(tag(line, path), new)
        finish(server)
        if not died:
            break
    return seen


prepare()
for step in STEPS:
    at_each(step, [1], '/file', AFTER['/file'], BEFORE['/file'], 'COPY', VERSION, Destination='/file')
    at_each(step, [1], '/small/', AFTER['/small/'], BEFORE['/small/'], 'COPY', SMALL, Destination='/small/')
    at_each(step, [1], '/small/', AFTER['/small/'], BEFORE['/small/'], 'POST', '/.sync/undo', b'<undo xmlns="urn:x-syncd:"/>')
# Built in slices of some hundred: at the beginning, in the middle, around the end.
slices = FOLDERS * FILES // 300
for step in STEPS:
    numbers = [1, slices // 2, *range(slices + 2, slices + 14)] if step == 'commit-apply' else [2, slices, slices + 14]
    seen = at_each(step, numbers, '/large/', AFTER['/large/'], BEFORE['/large/'], 'COPY', LARGE, Destination='/large/')
    check(BEFORE['/large/'] in seen and (step != 'commit-apply' or AFTER['/large/'] in seen), 'both ends were seen', step, seen)
at_each('commit-done', [slices // 2, slices + 2], '/', AFTER['/'], BEFORE['/'], 'COPY', TOP, Destination='/')
at_each('commit-apply', [1, slices // 2, slices + 2], '/copy/', None, AFTER['/plain/'], 'COPY', '/plain/', Destination='/copy/')
