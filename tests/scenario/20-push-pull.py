"""push and pull against the real server: saved only over what was seen, unchanged not sent, two copies of one file, folders,
stdin, -n, -q, --json, and what a pipe gets."""
import os, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann, bea = environment(**url), environment(**url, XDG_STATE_HOME=os.path.abspath('bea-state'))
    os.makedirs('bea')

    # The example of the design, word for word.
    write('file.txt', 'one\n')
    assert sync('push', 'file.txt', env=ann).out == f'file.txt\t4 B\tcreated\t{etag(b"one" + bytes([10]))[1:9]}\n'
    write('file.txt', 'one\nmore\n')
    run = sync('push', '-v', 'file.txt', env=ann)
    assert run.out == 'file.txt\t9 B\tsaved\t5f25b257\n', run
    assert '> PUT /file.txt  If-Match: "2c8b08da' in run.err and '< 204 No Content  ETag: "5f25b257' in run.err, run
    run = sync('push', '-v', 'file.txt', env=ann)
    assert run.out == 'file.txt\tunchanged\n' and 'PUT' not in run.err, run
    sync('pull', 'file.txt', env=bea, cwd='bea')
    write('bea/file.txt', 'one\nmore\ntwo\n')
    assert sync('push', 'file.txt', env=bea, cwd='bea').out.endswith('saved\t7c8e376e\n')
    write('file.txt', 'one\nmore\nTWO\n')
    run = sync('push', 'file.txt', env=ann, want=3)
    assert run.out == '' and '(412)' in run.err and 'the server has 7c8e376e; nothing was overwritten' in run.err, run
    # The hints are commands that exist and do what they say.
    assert sync('cat', '/file.txt', env=ann).out == 'one\nmore\ntwo\n'
    run = sync('pull', 'file.txt', env=ann, want=3)
    assert read('file.txt') == b'one\nmore\nTWO\n' and 'changed here and on the server' in run.err, run
    assert sync('push', '--force', 'file.txt', '/file.txt', env=ann).out.endswith('saved\t3b7912be\n')
    assert sync('pull', 'file.txt', env=bea, cwd='bea').out == 'file.txt\t13 B\tfetched\t3b7912be\n'
    assert sync('pull', 'file.txt', env=bea, cwd='bea').out == 'file.txt\tup to date\n'
    assert sync('pull', '--force', 'file.txt', env=ann).out == 'file.txt\tup to date\n'

    # Changed here alone: pull has nothing to fetch and leaves it; a file that is gone here comes again.
    write('file.txt', 'mine\n')
    assert sync('pull', 'file.txt', env=ann).out == 'file.txt\tup to date\n' and read('file.txt') == b'mine\n'
    os.remove('file.txt')
    assert sync('pull', 'file.txt', env=ann).out == 'file.txt\t13 B\tfetched\t3b7912be\n'

    # Never seen: the same content counts as seen, another is refused (3) both ways.
    write('same', 'same'), sync('push', 'same', env=ann)
    fresh_state()
    assert sync('push', 'same', env=ann).out == 'same\tunchanged\n'
    write('same', 'same but longer'), sync('push', 'same', env=ann)
    fresh_state()
    assert sync('pull', 'same', env=ann).out == 'same\tup to date\n'
    fresh_state()
    write('same', 'other')
    sync('push', 'same', env=ann, want=3), sync('pull', 'same', env=ann, want=3)
    assert read('same') == b'other'
    sync('pull', '--force', 'same', env=ann)
    assert read('same') == b'same but longer'

    # Two copies on one machine, one state: the older one does not go over the newer one's change.
    os.makedirs('a'), os.makedirs('b')
    write('a/two', '1'), sync('push', 'two', env=ann, cwd='a')
    sync('pull', 'two', env=ann, cwd='b')
    write('b/two', '2'), sync('push', 'two', env=ann, cwd='b')
    write('a/two', '3'), sync('push', 'two', env=ann, cwd='a', want=3)
    # ... nor is a file that was never seen taken for one of them.
    write('c/two', 'unrelated')
    sync('pull', 'two', env=ann, cwd='c', want=3)
    assert read('c/two') == b'unrelated'
    # ... and a new file for a name whose content we know is one that we mean to replace.
    write('third', '4')
    assert 'saved' in sync('push', 'third', '/two', env=ann).out

    # The same size and the same second, and a time put back: noticed all the same.
    write('clock', 'aaaa'), os.utime('clock', (1000, 1000))
    time.sleep(2.2)  # so that the file's id alone would do
    sync('push', 'clock', env=ann)
    write('clock', 'bbbb'), os.utime('clock', (1000, 1000))
    assert 'saved' in sync('push', 'clock', env=ann).out

    # Removed on the server since: a push does not bring it back unseen.
    sync('rm', 'clock', env=bea)
    write('clock', 'cccc')
    sync('push', 'clock', env=ann, want=3)
    assert 'created' in sync('push', '--force', 'clock', env=ann).out
    # Removed by ourselves: the next push makes it anew.
    sync('rm', 'clock', env=ann), write('clock', 'dddd')
    assert 'created' in sync('push', 'clock', env=ann).out

    # Parents are made; stdin; an empty file; a large one; odd but allowed names.
    write('deep', 'd')
    sync('push', 'deep', '/x/y/z/deep', env=ann)
    assert sync('push', '-', '/x/stdin', env=ann, stdin='from a pipe').out.startswith('/x/stdin\t11 B\tcreated\t')
    assert sync('cat', 'x/stdin', env=ann).out == 'from a pipe'
    assert sync('push', '-', '/x/stdin', env=ann, stdin='from a pipe').out == '/x/stdin\tunchanged\n'
    write('empty', ''), write('large', os.urandom(5 << 20)), write('späce % #?&+ ünï', 'x')
    sync('push', 'empty', 'large', 'späce % #?&+ ünï', env=ann)
    sync('pull', 'empty', 'large', 'späce % #?&+ ünï', '-o', 'back/', env=ann)
    for name in ('empty', 'large', 'späce % #?&+ ünï'):
        assert read('back/' + name) == read(name), name
    write('bad\x01name', 'x'), write(b'bad\xffname'.decode(errors='surrogateescape'), 'x')
    run = sync('push', 'bad\x01name', b'bad\xffname', 'deep', env=ann, want=1)
    assert run.out.startswith('deep\t') and '"bad\\001name"' in run.err and '"bad\\377name"' in run.err, run

    # The server keeps the file's time.
    os.utime('deep', (1234567890, 1234567890))
    # Folders, both ways; what is not a file is said; .sync is left alone.
    write('tree/a', 'a'), write('tree/s/b', 'b'), write('tree/.sync/id', 'x'), os.makedirs('tree/none')
    os.symlink('a', 'tree/link'), os.mkfifo('tree/fifo')
    run = sync('push', '-R', 'tree', env=ann)
    assert sorted(line.split('\t')[0] for line in run.out.splitlines()) == ['tree/a', 'tree/fifo', 'tree/link', 'tree/none', 'tree/s/b'], run
    assert 'symbolic link' in run.err and 'neither file nor folder' in run.err
    sync('pull', '-R', 'tree', '-o', 'copy', env=ann)
    assert read('copy/a') == b'a' and read('copy/s/b') == b'b' and os.path.isdir('copy/none') and not os.path.exists('copy/.sync')
    run = sync('pull', '-R', '-v', 'tree', '-o', 'copy2', env=ann)
    run = sync('pull', '-R', '-v', '/tree', env=ann, cwd='copy2')
    write('copy2/tree/a', 'changed')
    run = sync('pull', '-R', 'tree', env=ann, cwd='copy2')
    assert read('copy2/tree/a') == b'changed' and 'up to date' in run.out
    write('tree/a', 'theirs'), sync('push', 'tree/a', env=ann)
    run = sync('pull', '-R', 'tree', env=ann, cwd='copy2', want=3)
    assert read('copy2/tree/a') == b'changed'

    # -n changes nothing, here or there, and says the same words.
    write('new', 'n')
    assert sync('push', '-n', 'new', env=ann).out.startswith('new\t1 B\tcreated')
    sync('stat', 'new', env=ann, want=4)
    assert 'fetched' in sync('pull', '-n', 'tree/s/b', env=ann, cwd='bea').out and not os.path.exists('bea/tree')
    assert 'fetched' in sync('pull', '-nR', 'tree', env=ann, cwd='bea').out and not os.path.exists('bea/tree')
    write('file.txt', 'dry'), write('bea/file.txt', 'bea'), sync('push', 'file.txt', env=bea, cwd='bea')
    sync('push', '-n', 'file.txt', env=ann, want=3)
    assert 'removed' in sync('rm', '-n', 'tree/a', env=ann).out
    sync('stat', 'tree/a', env=ann)

    # -q is silent on success; --json: an object a line, also for failures, and a last one for several.
    assert sync('push', '-q', 'new', env=ann).out == ''
    write('new', 'nn')
    assert sync('push', '--json', 'new', env=ann).objects() == [
        {'path': '/new', 'local': 'new', 'result': 'saved', 'status': 204, 'etag': etag(b'nn')[1:-1], 'bytes': 2}]
    run = sync('push', '--json', 'file.txt', 'new', 'missing', env=ann, want=3)
    objects = {o.get('local'): o for o in run.objects()}
    assert objects['file.txt']['result'] == 'conflict' and objects['file.txt']['status'] == 412 and objects['file.txt']['error']
    assert objects['new']['result'] == 'unchanged' and objects['missing']['result'] == 'missing'
    assert run.objects()[-1]['result'] == 'done' and 'file.txt: ' in run.err
    assert sync('pull', '--json', 'x/stdin', env=ann).objects()[0] == {
        'path': '/x/stdin', 'local': 'x/stdin', 'result': 'fetched', 'status': 200, 'etag': etag(b'from a pipe')[1:-1], 'bytes': 11}

    # Modes: the user's umask for what is new, the old mode for what is replaced; a link is not replaced.
    os.remove('x/stdin'), os.umask(0o027)
    sync('pull', 'x/stdin', env=ann)
    assert os.stat('x/stdin').st_mode & 0o777 == 0o640
    os.chmod('x/stdin', 0o755), sync('push', '-', '/x/stdin', env=bea, stdin='new', want=3)
    sync('push', '--force', '-', '/x/stdin', env=bea, stdin='new')
    sync('pull', 'x/stdin', env=ann)
    assert os.stat('x/stdin').st_mode & 0o777 == 0o755 and read('x/stdin') == b'new'
    os.symlink('new', 'pointer'), sync('push', 'pointer', env=ann)
    assert os.path.islink('pointer') and sync('cat', 'pointer', env=ann).out == 'nn'
    sync('push', '--force', '-', '/pointer', env=bea, stdin='x')
    sync('pull', 'pointer', env=ann, want=1)
    assert os.path.islink('pointer') and read('new') == b'nn'


dav.run(main)
