"""In a cloned folder, or a folder in it, plain paths are those of what it is paired with; absolute ones and other servers' are as ever."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def check(env, name):
    os.mkdir('top')
    sync('push', '-', f'/{name}/sub/plan.md', env=env, stdin='one\n'), sync('push', '-', '/plan.md', env=env, stdin='at the top\n')
    sync('clone', f'/{name}', name, env=env)
    sub = os.path.join(name, 'sub')

    def at(cwd, *args, want=0, **more):
        return sync(*args, env=env, cwd=cwd, want=want, **more)

    for cwd, path in ((name, 'sub/plan.md'), (sub, 'plan.md'), (sub, './plan.md'), (sub, '../sub/plan.md'), ('.', f'{name}/sub/plan.md'),
                      (sub, f'/{name}/sub/plan.md'), ('top', f'{name}/sub/plan.md')):
        assert at(cwd, 'cat', path).out == 'one\n', (cwd, path)
        assert at(cwd, 'log', path).out.count('\n') == 1 and f'{name}/sub/plan.md' in at(cwd, 'stat', path).out
    assert at(sub, 'cat', '/plan.md').out == 'at the top\n' == at('.', 'cat', 'plan.md').out
    assert at(sub, 'ls').out == 'plan.md\n' and at(name, 'ls').out == 'sub/\n' and f'{name}/' in at('.', 'ls').out
    assert at(name, 'ls', 'sub').out == 'plan.md\n' and f'{name}/' in at(sub, 'ls', '/').out
    # edit, and what it did, seen from here and there; a new one; diff has the file that is here.
    write('edits', '#!/bin/sh\necho more >> "$1"\n'), os.chmod('edits', 0o755)
    env['EDITOR'] = os.path.abspath('edits')
    at(sub, 'edit', 'plan.md'), at(sub, 'edit', 'new.md')
    assert sync('cat', f'/{name}/sub/plan.md', env=env).out == 'one\nmore\n' and sync('cat', f'/{name}/sub/new.md', env=env).out == 'more\n'
    assert sync('cat', '/plan.md', env=env).out == 'at the top\n'
    assert '+one' not in at(sub, 'diff', 'plan.md', want=1).out and '-more' in at(sub, 'diff', 'plan.md', want=1).out
    at(sub, 'run')
    assert read(sub + '/plan.md') == b'one\nmore\n' and at(sub, 'diff', 'plan.md').out == ''
    first = at(sub, 'log', 'plan.md').out.split('\n')[1].split()[0]
    at(sub, 'restore', 'plan.md', first), at(sub, 'run')
    assert read(sub + '/plan.md') == b'one\n'
    # The rest: mv, cp, mkdir, rm, lock.
    at(sub, 'mv', 'new.md', '../moved.md'), at(sub, 'cp', 'plan.md', '/copy.md'), at(sub, 'mkdir', 'made')
    at(sub, 'lock', 'plan.md'), at(name, 'unlock', 'sub/plan.md'), at(sub, 'rm', '../moved.md')
    assert sync('ls', '-R', f'/{name}', env=env).out == 'sub/\nsub/made/\nsub/plan.md\n'
    assert sync('cat', '/copy.md', env=env).out == 'one\n'
    # push and pull: to and from the same place; absolute ones and those of a named server as ever.
    write(sub + '/pushed', 'p'), at(sub, 'push', 'pushed'), at(sub, 'push', '-', 'other', stdin='p'), at(sub, 'push', 'pushed', 'in/'), at(sub, 'push', 'pushed', '/top')
    os.mkdir(sub + '/tree'), write(sub + '/tree/leaf', 'l'), at(sub, 'push', '-R', 'tree'), at(sub, 'push', '-', 'stdin', stdin='s')
    assert sync('ls', '-R', f'/{name}/sub', env=env).out.split() == ['in/', 'in/pushed', 'made/', 'other', 'plan.md', 'pushed', 'stdin', 'tree/', 'tree/leaf']
    assert sync('cat', '/top', env=env).out == 'p'
    at(sub, 'pull', 'stdin'), at(sub, 'pull', 'in/pushed'), at(sub, 'pull', 'other', '-o', 'renamed'), at(sub, 'pull', '/top', '-o', 'from-top'), at(name, 'pull', '-R', 'sub/in', '-o', 'got')
    assert [read(f'{sub}/{p}') for p in ('stdin', 'in/pushed', 'renamed', 'from-top')] == [b's', b'p', b'p', b'p'] and os.path.exists(name + '/got')
    at(sub, 'pull', 'nothing', want=4), at(sub, 'run'), at(sub, 'run')
    sync('rm', '/copy.md', '/plan.md', '/top', env=env), os.rmdir('top')


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    check(environment(**where, XDG_STATE_HOME=os.path.abspath('state')), 'one')
    # With a remote of the config that is not the usual one: the folder's is meant, unless another is named.
    env = environment(XDG_STATE_HOME=os.path.abspath('state2'), XDG_CONFIG_HOME=os.path.abspath('config'))
    write('token', where['SYNC_TOKEN'])
    sync('login', where['SYNC_URL'], '--token-file', 'token', '--pin', where['SYNC_PIN'], '--user', 'ann', env=env)
    check(env, 'two')
    config = read('config/sync/config').decode()
    mine = config.split('[remote ')[1].split(']')[0]
    write('config/sync/config', config + '\n[remote away]\nurl = https://127.0.0.1:1/\n')
    sync('remote', 'default', 'away', env=env)
    sync('mkdir', f'{mine}:/else/deep', env=env), sync('push', '-r', mine, '-', '/else/deep/a', env=env, stdin='a')
    sync('clone', f'{mine}:/else', 'else', env=env)
    assert sync('cat', 'a', env=env, cwd='else/deep').out == 'a' and sync('ls', env=env, cwd='else').out == 'deep/\n'
    assert sync('cat', f'{mine}:else/deep/a', env=env, cwd='else/deep').out == 'a'
    sync('cat', 'a', '-r', 'away', env=env, cwd='else/deep', want=6)


dav.run(main)
