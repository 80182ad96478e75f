"""sync diff: here and there, then and now, folders since a time; exits 1 when anything differs."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    write('d/f', 'one\ntwo\n')
    sync('push', 'd/f', env=env)
    assert sync('diff', 'd/f', env=env).out == ''
    write('d/f', 'one\nTWO\n')
    run = sync('diff', 'd/f', env=env, want=1)
    assert run.err == '' and run.out.splitlines()[2:] == ['@@ -1,2 +1,2 @@', ' one', '-two', '+TWO'], run
    assert run.out.splitlines()[0].startswith('--- d/f (on ') and run.out.splitlines()[1] == '+++ d/f (here)'
    assert sync('diff', '-q', 'd/f', env=env, want=1).out == ''
    o = sync('diff', '--json', 'd/f', env=env, want=1).objects()
    assert o == [{'path': '/d/f', 'result': 'different', 'old': etag(b'one\ntwo\n')[1:-1], 'new': etag(b'one\nTWO\n')[1:-1]}], o
    sync('push', 'd/f', env=env)
    run = sync('diff', 'd/f', etag(b'one\ntwo\n')[1:9], env=env, want=1)
    assert run.out.splitlines()[-2:] == ['-two', '+TWO']
    number = sync('log', '--json', 'd/f', env=env).objects()[0]['number']
    assert sync('diff', 'd/f', str(number), env=env).out == '' and sync('diff', 'd/f', '--at', str(number), env=env).out == ''
    assert '-two' in sync('diff', 'd/f', '--at', str(number - 1), env=env, want=1).out

    # Between two of its versions, either way; a name with odd bytes as any other.
    sync('push', '--force', '-', 'd/f', env=env, stdin='one\n3\n')
    old, new = etag(b'one\ntwo\n')[1:9], etag(b'one\nTWO\n')[1:9]
    assert sync('diff', 'd/f', old, new, env=env, want=1).out.splitlines()[-2:] == ['-two', '+TWO']
    assert sync('diff', 'd/f', new, old, env=env, want=1).out.splitlines()[-2:] == ['-TWO', '+two']
    assert sync('diff', 'd/f', new, new, env=env).out == '' and sync('diff', 'd/f', new, 'ffff', env=env, want=4).out == ''
    odd = '/d/\u202e \' " & %41 caf\u00e9\U0001f419'
    for body in ('1\n', '2\n'):
        sync('push', '--force', '-', odd, env=env, stdin=body)
    assert sync('diff', odd, etag(b'1\n')[1:9], env=env, want=1).out.splitlines()[-2:] == ['-1', '+2']
    assert [o['path'] for o in sync('log', '--json', odd, env=env).objects()] == [odd, odd]
    sync('restore', odd, etag(b'1\n')[1:9], env=env), sync('undo', env=env), sync('rm', odd, env=env)
    sync('push', '--force', '-', 'd/f', env=env, stdin='one\nTWO\n')

    # Bytes that are no text are said to differ.
    write('bin', b'\0\1'), sync('push', 'bin', env=env), write('bin', b'\0\2')
    assert 'differ' in sync('diff', 'bin', env=env, want=1).out

    # A folder since a time: whole folders as one.
    sync('push', '-', '/d/e/g', env=env, stdin='g'), sync('push', '-', '/d/gone', env=env, stdin='g')
    number = sync('log', '--json', 'd/gone', env=env).objects()[0]['number']
    assert sync('diff', 'd', '--at', str(number), env=env).out == ''
    sync('push', '--force', '-', '/d/e/g', env=env, stdin='G'), sync('rm', 'd/gone', env=env), sync('push', '-', '/d/new/x', env=env, stdin='x')
    assert sync('diff', 'd', '--at', str(number), env=env, want=1).out == '~\td/e/g\n-\td/gone\n+\td/new/\n'
    assert sync('diff', '--json', 'd/', '--at', str(number), env=env, want=1).objects()[-1] == {
        'path': '/d/new', 'kind': 'folder', 'result': 'added'}

    # Between two moments, either way round; what came later is not in it.
    last = sync('log', '--json', 'd/new/x', env=env).objects()[0]['number']
    sync('push', '-', '/d/later', env=env, stdin='later')
    assert sync('diff', 'd', str(number), str(last), env=env, want=1).out == '~\td/e/g\n-\td/gone\n+\td/new/\n'
    assert sync('diff', 'd', str(last), str(number), env=env, want=1).out == '~\td/e/g\n+\td/gone\n-\td/new/\n'
    assert sync('diff', '--json', 'd', str(last), env=env, want=1).objects() == [{'path': '/d/later', 'kind': 'file', 'result': 'added'}]
    assert sync('diff', 'd', str(last), str(last), env=env).out == ''
    assert 'not a time' in sync('diff', 'd', str(last), 'soonish', env=env, want=2).err
    sync('diff', 'd', '0', str(last), env=env, want=4)

    sync('diff', 'd', env=env, want=1), sync('diff', 'nosuch', env=env, want=4), sync('diff', 'nosuch', '--at', '1h', env=env, want=4)
    sync('diff', 'd/f', '12345678', env=env, want=4), sync('diff', 'd/f', 'x', '--at', '1h', env=env, want=2)
    # What comes must be what its ETag names.
    write('f', 'here')
    liar = Mock(lambda request: reply(200, ('ETag', etag(b'other')), body=b'there'))
    assert 'ETag' in sync('diff', 'f', env=liar.env(), want=1).err
    liar.close()


dav.run(main)
