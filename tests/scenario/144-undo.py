"""sync undo: the last command, whole, the last change first; never over what somebody did since; once more goes one further back."""
import json, os, sqlite3, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def token(user, *options):
    return subprocess.run(['syncd', 'token', 'add', user, *options, '--store', os.environ['SYNC_STORE']], check=True, capture_output=True,
                          text=True).stdout.strip()


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    me = json.loads(subprocess.run(['syncd', 'user', 'ls', '--json', '--store', os.environ['SYNC_STORE']], check=True,
                                   capture_output=True).stdout.splitlines()[0])['user']
    hers = subprocess.run(['syncd', 'user', 'add', 'bea', '--rights', 'write:/', '--store', os.environ['SYNC_STORE']], check=True) and token('bea')
    ann, bea = environment(**url), environment(**{**url, 'SYNC_TOKEN': hers}, XDG_STATE_HOME=os.path.abspath('bea-state'))

    def put(path, body, env=ann):
        return sync('push', '--force', '-', path, env=env, stdin=body)

    def cat(path):
        return sync('cat', path, env=ann).out

    def tree():
        return sorted(line for line in sync('ls', '-R', env=ann).out.splitlines())

    run = sync('undo', env=ann, want=4)
    assert 'nothing' in run.err

    # Every kind of change, and back, one command each.
    put('/f', 'one')
    states = [(tree(), cat('f'))]

    def change(*args, stdin=None):
        sync(*args, env=ann, stdin=stdin)
        states.append((tree(), cat('f')))

    change('push', '--force', '-', '/f', stdin='two')
    change('mkdir', 'd/e')
    change('push', '-', '/d/e/new', stdin='new')
    change('mv', 'd/e/new', 'd/moved')
    change('cp', 'd', 'copy')
    change('rm', '-R', '-y', 'd')
    change('restore', 'd')
    change('cp', '--force', 'f', 'd/moved')
    number = sync('log', '--json', 'f', env=ann).objects()[-1]['number']
    change('restore', 'f', str(number))
    write('tree/a', 'a'), write('tree/b/c', 'c')
    change('push', '-R', 'tree')
    change('rm', 'tree/a')
    before = tree()
    dry = sync('undo', '-n', env=ann)
    assert dry.out == f'tree/a\trestored\t{etag(b"a")[1:9]}\n' and tree() == before
    states.pop()
    while states:
        run = sync('undo', env=ann)
        files, content = states.pop()
        assert (tree(), cat('f')) == (files, content), (files, tree(), run)
    assert sync('undo', env=ann).out == 'f\tremoved\n' and tree() == []
    sync('undo', env=ann, want=4)

    # A folder restored to a time; a file moved over another.
    put('/x/a', '1'), put('/x/b', '2')
    number = sync('log', '--json', 'x/a', env=ann).objects()[0]['number']
    was = sync('stat', '--json', 'x', env=ann).objects()
    sync('restore', 'x', '--at', str(number), env=ann)
    assert tree() == ['x/', 'x/a']
    assert sync('undo', env=ann).out == f'x/b\trestored\t{etag(b"2")[1:9]}\n' and tree() == ['x/', 'x/a', 'x/b']
    assert sync('stat', '--json', 'x', env=ann).objects()[0]['etag'] == was[0]['etag']
    sync('mv', '--force', 'x/a', 'x/b', env=ann)
    assert sync('undo', env=ann).out == f'x/a\tmoved\t{etag(b"1")[1:9]}\nx/b\trestored\t{etag(b"2")[1:9]}\n'
    assert cat('x/a') == '1' and cat('x/b') == '2'

    # What somebody did since stays; the rest of the command is taken back all the same.
    write('many/1', '1'), write('many/2', '2'), write('many/3', '3')
    sync('push', '-R', 'many', env=ann)
    put('/many/2', 'hers', env=bea)
    run = sync('undo', env=ann, want=3)
    assert 'changed since' in run.err and tree() == ['many/', 'many/2', 'x/', 'x/a', 'x/b'] and cat('many/2') == 'hers'
    put('/x/a', 'mine'), put('/x/a', 'hers', env=bea)
    run = sync('undo', env=ann, want=3)
    assert cat('x/a') == 'hers'
    # What nobody could be asked about can be given again.
    put('/x/b', 'again')
    away = environment(**{**url, 'SYNC_URL': 'https://127.0.0.1:1/'})
    sync('undo', env=away, want=6)
    sync('undo', env=ann)
    assert cat('x/b') == '2'
    # A run of two-way sync is one command, too; the next run brings here what was taken back there.
    put('/two/a', '1'), put('/two/b', '2')
    sync('clone', 'two', env=ann)
    was = sync('stat', '--json', 'two', env=ann).objects()[0]['etag']
    write('two/a', 'changed'), write('two/new/c', 'c'), os.unlink('two/b')
    sync('run', 'two', env=ann)
    assert sync('stat', '--json', 'two', env=ann).objects()[0]['etag'] != was
    run = sync('undo', env=ann)
    assert sync('stat', '--json', 'two', env=ann).objects()[0]['etag'] == was, run
    sync('run', 'two', env=ann)
    assert read('two/a') == b'1' and read('two/b') == b'2' and not os.path.exists('two/new/c')

    # An undo can be taken back, and that again; each goes as far as it was gone before.
    put('/x/b', '3'), put('/x/b', '4')
    for wanted, *options in (('3',), ('2',), ('3', '--redo'), ('4', '--redo'), ('3',), ('4', '--redo')):
        sync('undo', *options, env=ann)
        assert cat('x/b') == wanted, (wanted, options)
    assert 'nothing was taken back' in sync('undo', '--redo', env=environment(**{**url, 'SYNC_TOKEN': hers}), want=4).err
    (done,) = sync('undo', '--json', env=ann).objects()
    assert done == {'path': '/x/b', 'result': 'restored', 'status': 200, 'etag': etag(b'3')[1:-1]}, done
    # What is known of the path is what is there now: a push of what was based on another content is refused, one of the new is not.
    write('x/b', '3'), sync('push', 'x/b', env=ann), write('x/b', '5'), sync('push', 'x/b', env=ann)

    # Whose change it is: the user's, from this machine, or from any; another's is never taken back, nor what it was done to.
    desk = environment(**{**url, 'SYNC_TOKEN': token(me, '--label', 'desk')}, XDG_STATE_HOME=os.path.abspath('desk-state'))
    put('/x/desk', 'desk', env=desk)
    assert sync('undo', '-n', env=ann).out.startswith('x/b\t') and sync('undo', '-n', env=desk).out == 'x/desk\tremoved\n'
    run = sync('undo', '--any-client', env=ann)
    assert run.out == 'x/desk\tremoved\n' and 'x/desk' not in tree(), run
    assert sync('undo', '--redo', env=ann).out.startswith('x/desk\trestored')
    assert sync('undo', env=ann).out == 'x/desk\tremoved\n', 'what was done again here was changed from here'
    put('/x/b', 'hers', env=bea)
    assert 'changed since' in sync('undo', env=ann, want=3).err and cat('x/b') == 'hers'
    assert sync('undo', env=bea).out.startswith('x/b\trestored') and cat('x/b') == '5'
    assert sync('undo', env=bea).out == f'x/a\trestored\t{etag(b"mine")[1:9]}\n'

    # All of a command is one transaction; what others' clients do is one change each, by the same rule.
    for i in range(30):
        write(f'all/{i % 3}/{i}', str(i))
    sync('push', '-R', 'all', env=ann), sync('rm', '-R', '-y', 'all', env=ann)
    sync('undo', env=ann), sync('undo', env=ann)
    assert not any(line.startswith('all') for line in tree())
    db = sqlite3.connect(f'file:{os.environ["SYNC_STORE"]}/db?mode=ro', uri=True)
    assert db.execute('SELECT count(*), count(DISTINCT at) FROM (SELECT at FROM journal ORDER BY seq DESC LIMIT 34)').fetchone() == (34, 1)
    line = dav.Connection()
    assert line.ask('PUT', '/x/curl', b'1').status == line.ask('PUT', '/x/curl2', b'1', **{'Sync-Run': 'zz'}).status == 201
    assert sync('undo', env=ann).out == 'x/curl2\tremoved\n' and sync('undo', env=ann).out == 'x/curl\tremoved\n'
    run_id = {'Sync-Run': '0123456789abcdef' * 2}
    line.ask('PUT', '/x/one', b'1', **run_id), line.ask('MOVE', '/x/one', Destination='/x/two', **run_id)
    line.ask('PUT', '/x/two', b'2', **run_id)
    assert [r.split('\t')[1] for r in sync('undo', env=ann).out.splitlines()] == ['restored', 'moved', 'removed']
    patch = b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">1</x></prop></set></propertyupdate>'
    line.ask('PROPPATCH', '/x/a', patch)
    assert 'have no history' in sync('undo', env=ann, want=1).err

    # Locks and rights hold for each.
    put('/x/locked', '1'), sync('lock', 'x/locked', env=bea)
    assert 'locked' in sync('undo', env=ann, want=8).err and cat('x/locked') == '1'
    put('/y/f', '1'), put('/y/f', '2')
    sync('rm', '-R', '-y', 'y', env=bea)
    run = sync('undo', env=ann, want=3)
    assert 'changed since' in run.err and 'y/f' in run.err, run
    put('/z/f', '1'), put('/z/f', '2')
    subprocess.run(['syncd', 'user', 'rights', me, '--rights', 'write:/x', '--rights', 'read:/', '--store', os.environ['SYNC_STORE']], check=True)
    assert 'may not change' in sync('undo', env=ann, want=5).err
    for method, path, wanted in (('GET', '/.sync/undo', 405), ('POST', '/.sync/undo?at=1', 400)):
        assert line.ask(method, path).status == wanted
    assert line.ask('POST', '/.sync/undo', b'<other/>').status == 400
    assert dav.Connection().ask('POST', '/.sync/undo', token='').status == 401


dav.run(main)
