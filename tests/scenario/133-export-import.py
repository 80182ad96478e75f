"""export and import: plain trees out and in with their times, on a running server and a stopped store; what is unchanged is left, what
somebody saved meanwhile is not overwritten, odd names and odd files are said, nothing is followed out of the tree."""
import os, shutil, stat, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', 'store')


def syncd(*args, status=0):
    p = subprocess.run(['syncd', *args, '--json', '--store', STORE], capture_output=True, text=True)
    equal(p.returncode, status, args, p.stdout, p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()]


def counts(rows, *keys):
    return tuple(rows[-1][k] for k in keys)


def make_tree(at):
    shutil.rmtree(at, ignore_errors=True)
    os.makedirs(f'{at}/d/deep/er')
    os.mkdir(f'{at}/empty')
    files = {'small': b'one', 'none': b'', 'binary': bytes(range(256)) * 10, 'exactly': b'm' * (1 << 20), 'large': os.urandom(3_500_001),
             'd/é à': b'accents', "d/it's <odd> & %41": b'odd', 'd/deep/er/f': b'deep', 'same': b'one', 'prog': b'#!/bin/sh\n'}
    for i in range(600):
        files[f'd/n{i}'] = b'%d' % i * (i % 50)
    for name, body in files.items():
        with open(f'{at}/{name}', 'wb') as f:
            f.write(body)
    os.chmod(f'{at}/prog', 0o755)
    os.utime(f'{at}/small', ns=(0, 1_234_567_890_123_456_789))
    os.utime(f'{at}/same', ns=(0, -86_400_000_000_001))  # before 1970
    return files


def same_trees(a, b):
    equal(subprocess.run(['diff', '-r', a, b], capture_output=True, text=True).stdout, '')
    for folder, _, names in os.walk(a):
        for name in names:
            one, two = os.lstat(os.path.join(folder, name)), os.lstat(os.path.join(b, os.path.relpath(folder, a), name))
            equal((one.st_mtime_ns, one.st_mode & stat.S_IXUSR), (two.st_mtime_ns, two.st_mode & stat.S_IXUSR), name)


def round_trip():
    files = make_tree('in')
    rows = syncd('import', 'in', '--user', 'ann')
    equal(counts(rows, 'created', 'saved', 'unchanged', 'folders', 'skipped', 'failed'), (len(files), 0, 0, 4, 0, 0))
    equal(counts(syncd('import', 'in'), 'created', 'saved', 'unchanged', 'folders', 'bytes'), (0, 0, len(files), 0, 0))
    rows = syncd('journal', '--path', '/small')
    equal([(r['op'], r['user'], r['client'], r['after']) for r in rows], [('put', 'ann', 'import', hashlib.sha256(b'one').hexdigest())])
    shutil.rmtree('out', ignore_errors=True)
    equal(counts(syncd('export', 'out'), 'files', 'unchanged', 'folders', 'failed'), (len(files), 0, 4, 0))
    same_trees('in', 'out')
    equal(counts(syncd('export', 'out'), 'files', 'unchanged'), (0, len(files)))
    shutil.rmtree('part', ignore_errors=True)
    equal(counts(syncd('export', 'part', '--path', '/d/deep/'), 'files', 'folders'), (1, 1))
    equal(open('part/er/f', 'rb').read(), b'deep')
    # What was changed here goes back in, what was changed there comes out, by content and time.
    open('out/small', 'wb').write(b'ONE')
    equal(counts(syncd('import', 'out'), 'created', 'saved', 'unchanged'), (0, 1, len(files) - 1))
    equal(counts(syncd('export', 'in'), 'files', 'unchanged'), (1, len(files) - 1))
    same_trees('in', 'out')
    syncd('import', 'in', '--path', '/new/place')
    equal(counts(syncd('export', 'moved', '--path', '/new/place'), 'failed'), (0,))
    same_trees('in', 'moved')
    return files


def odd():
    shutil.rmtree('odd', ignore_errors=True)
    os.makedirs('odd/.sync')
    os.makedirs('odd/d2')
    open('odd/good', 'w').write('good')
    open(b'odd/bad\xff', 'w').write('bad')
    open('odd/con\ntrol', 'w').write('bad')
    os.symlink('/etc/passwd', 'odd/link')
    os.symlink('/etc', 'odd/d2/folder')
    os.mkfifo('odd/fifo')
    rows = syncd('import', 'odd', '--path', '/odd', status=1)
    equal(counts(rows, 'created', 'skipped', 'failed'), (1, 3, 2))
    equal(sorted(r['path'] for r in rows[:-1] if r['result'] == 'skipped'), ['/odd/d2/folder', '/odd/fifo', '/odd/link'])
    rows = syncd('import', 'odd', status=1)
    check({'path': '/.sync', 'result': 'skipped', 'error': 'a reserved name'} in rows, rows)
    # Things in the way: said, the others go on.
    os.mkdir('odd/small')
    shutil.rmtree('clash', ignore_errors=True)
    os.makedirs('clash')
    open('clash/d', 'w').write('a file where the store has a folder')
    os.mkdir('clash/none')
    open('clash/fine', 'w').write('fine')
    rows = syncd('import', 'clash', status=1)
    equal((sorted(r['path'] for r in rows[:-1]), counts(rows, 'created', 'failed')), (['/d', '/none'], (1, 2)))
    rows = syncd('export', 'clash', status=1)
    equal(sorted(r['path'] for r in rows[:-1]), ['/d', '/none'])
    # A link in the target is replaced or refused, never followed.
    shutil.rmtree('trap', ignore_errors=True)
    os.mkdir('trap')
    open('victim', 'w').write('mine')
    os.mkdir('elsewhere') if not os.path.exists('elsewhere') else None
    os.symlink('../victim', 'trap/small')
    os.symlink('../elsewhere', 'trap/d')
    rows = syncd('export', 'trap', status=1)
    equal([r['path'] for r in rows[:-1]], ['/d'])
    equal((open('victim').read(), os.listdir('elsewhere'), open('trap/small').read()), ('mine', [], 'ONE'))
    for args in (['export', 'full/of/nothing'], ['import', 'nowhere'], ['export', STORE + '/tmp'], ['import', STORE], ['export', 'x', '--path', '/no']):
        syncd(*args, status=1)
    for args in (['export', 'x', '--path', 'no'], ['import', 'in', '--path', '/../x'], ['import', 'in', '--user', 'a\nb']):
        syncd(*args, status=2 if args[0] != 'import' or args[-1] != 'a\nb' else 2)


def meanwhile():
    """Somebody saves between the look and the change: his stays."""
    for path in ('raced', 'locked'):
        shutil.rmtree('race', ignore_errors=True)
        os.mkdir('race')
        open(f'race/{path}', 'w').write('from the import')
        os.truncate('race/' + path, 5)
        open('race/large', 'wb').write(os.urandom(2_000_000))
        # Stopped before the large file is staged: the small one waits in the batch.
        p = subprocess.Popen(['syncd', 'import', 'race', '--store', STORE, '--json'], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, 'SYNCD_FAULT': 'import-stage:1:stop'})
        while open(f'/proc/{p.pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'T':
            pass
        if path == 'raced':
            equal(ask('PUT', '/raced', b'his').status, 201)
        else:
            info = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
            equal(ask('LOCK', '/locked', info, Content_Type='application/xml').status, 201)
        p.send_signal(18)
        rows = [json.loads(line) for line in p.stdout]
        equal(p.wait(), 1)
        if path == 'raced':
            equal(rows[0], {'path': '/raced', 'result': 'failed', 'error': 'changed in the store meanwhile'})
            equal(ask('GET', '/raced').body, b'his')
        else:
            check(rows[0]['path'] == '/locked', rows)
            equal(ask('GET', '/locked').body, b'')


def main():
    round_trip()
    odd()
    meanwhile()
    equal(os.listdir(STORE + '/tmp'), [])


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
status = start('running')
if not status:
    subprocess.run(['syncd', 'serve', 'store', '--run', 'true'], check=True)
    os.makedirs('stopped')
    files = round_trip()
    equal(counts(syncd('fsck'), 'damaged', 'strays'), (0, 0))
    # A content that is damaged is said, not written.
    name = next(f'store/obj/{d}/{n}' for d in os.listdir('store/obj') for n in os.listdir(f'store/obj/{d}'))
    with open(name, 'r+b') as f:
        f.write(b'rot')
    rows = syncd('export', 'after', status=1)
    equal((sorted(r['path'] for r in rows[:-1]), counts(rows, 'failed')), (['/large', '/new/place/large'], (2,)))
    check(not os.path.exists('after/large') and os.listdir('after/new/place') and not any(n.startswith('.syncd') for n in os.listdir('after')))
    equal(os.listdir('store/tmp'), [])
sys.exit(status)
