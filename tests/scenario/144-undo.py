"""sync undo: the last command, whole, the last change first; never over what somebody did since; once more goes one further back."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann, bea = environment(**url), environment(**url, XDG_STATE_HOME=os.path.abspath('bea-state'))

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
    assert dry.out == 'tree/a\trestored\n' and tree() == before
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
    assert sync('undo', env=ann).out == 'x\trestored\n' and tree() == ['x/', 'x/a', 'x/b']
    assert sync('stat', '--json', 'x', env=ann).objects()[0]['etag'] == was[0]['etag']
    sync('mv', '--force', 'x/a', 'x/b', env=ann)
    assert sync('undo', env=ann).out == 'x/a\tmoved\nx/b\trestored\n'
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
    sync('undo', env=away, want=4)
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

    # What another client changed is not ours to take back; without anything to ask nothing happens.
    put('/x/b', 'hers', env=bea)
    for _ in range(3):
        sync('undo', env=ann, want=None)
    assert cat('x/b') == 'hers'


dav.run(main)
