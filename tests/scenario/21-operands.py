"""Where files go: the operands of push, pull and rm (cli.md, "Fine print"), each against the real server."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    write('token', os.environ['SYNC_TOKEN'])
    sync('login', os.environ['SYNC_URL'], '-r', 'other', '--pin', os.environ['SYNC_PIN'], '--token-file', 'token', env=env)
    here = os.getcwd()
    write('a', 'a'), write('b', 'b'), write('docs/x', 'x'), write('docs/s/y', 'y'), write('sub/in', 'i')

    def paths(*args, want=0, cwd=None):
        run = sync('push', '-n', '--json', *args, env=env, want=want, cwd=cwd)
        return sorted(o['path'] for o in run.objects() if 'path' in o)  # they come as they are answered

    table = [
        (['a'], ['/a']), (['./a'], ['/a']), (['docs/x'], ['/docs/x']), (['docs/../a'], ['/a']), (['docs//x'], ['/docs/x']),
        (['a', 'b'], ['/a', '/b']),                       # no REMOTE: neither begins nor ends with "/"
        (['a', '/b'], ['/b']), (['a', 'up/'], ['/up/a']), (['docs/x', 'up/'], ['/up/x']), (['docs/x', '/'], ['/x']),
        (['a', 'b', 'up/'], ['/up/a', '/up/b']), (['a', 'other:n'], ['/n']), (['a', 'other:d/'], ['/d/a']), (['a', 'other:'], ['/a']),
        ([here + '/docs/x'], ['/x']), (['-R', 'docs'], ['/docs/s/y', '/docs/x']), (['-R', 'docs/'], ['/docs/s/y', '/docs/x']),
        (['-R', 'docs', '/back'], ['/back/s/y', '/back/x']), (['-R', 'docs', 'back/'], ['/back/docs/s/y', '/back/docs/x']),
        (['--', 'a', '/-n'], ['/-n']),
    ]
    for args, want in table:
        assert paths(*args) == want, (args, paths(*args))
    assert paths('../a', cwd='sub') == ['/a'] and paths('-R', '.', cwd='docs') == ['/s/y', '/x']
    assert paths('-R', '..', cwd='docs/s') == ['/docs/s/y', '/docs/x']
    # Wrong before anything is done: 2.
    for args in (['a', 'b', '/c'], ['-'], ['-', 'up/'], ['a', '-', 'up/'], ['docs'], ['a', '/../b'], ['a', 'nosuch/../../x/'], []):
        assert sync('push', *args, env=env, want=2).out == '', args
    assert paths('a', 'nosuch:b', want=4) == ['/a', '/nosuch:b']      # no such remote: "nosuch:b" is a name of a file here
    sync('push', 'missing', env=env, want=4)
    assert sync('push', 'missing', 'a', env=env, want=4).out.startswith('a\t')

    sync('push', '-R', 'docs', env=env)
    os.makedirs('to/dir')
    def got(*args, cwd='to', want=0):
        run = sync('pull', '-n', '--json', *args, env=env, want=want, cwd=cwd)
        return [(o['path'], o['local']) for o in run.objects() if 'path' in o]
    table = [
        (['docs/x'], [('/docs/x', 'docs/x')]), (['/docs/x'], [('/docs/x', 'docs/x')]), (['docs/x', '-o', 'n'], [('/docs/x', 'n')]),
        (['docs/x', '-o', 'dir'], [('/docs/x', 'dir/x')]), (['docs/x', '-o', 'new/'], [('/docs/x', 'new/x')]),
        (['docs/x', './n'], [('/docs/x', './n')]), (['docs/x', '../n'], [('/docs/x', '../n')]),
        (['docs/x', 'docs/s/y', 'a'], [('/docs/x', 'docs/x'), ('/docs/s/y', 'docs/s/y'), ('/a', 'a')]),
        (['docs/x', 'a', '-o', 'dir'], [('/docs/x', 'dir/x'), ('/a', 'dir/a')]),
        (['-R', 'docs'], [('/docs/s/y', 'docs/s/y'), ('/docs/x', 'docs/x')]),
        (['-R', 'docs', '-o', 'dir'], [('/docs/s/y', 'dir/docs/s/y'), ('/docs/x', 'dir/docs/x')]),
        (['-R', 'docs', '-o', 'n'], [('/docs/s/y', 'n/s/y'), ('/docs/x', 'n/x')]),
        (['-R', '/', '-o', 'all'], [('/a', 'all/a'), ('/docs/s/y', 'all/docs/s/y'), ('/docs/x', 'all/docs/x')]),
        (['-R', '/'], [('/a', 'a'), ('/docs/s/y', 'docs/s/y'), ('/docs/x', 'docs/x')]),
        (['-R', 'a'], [('/a', 'a')]),                    # a file is fetched as one
    ]
    for args, want in table:
        assert sorted(got(*args)) == sorted(want), (args, got(*args))
    for args in (['docs/x', 'a', '-o', 'n'], ['../x'], ['docs/'], ['docs/x', '-o', '-'], ['docs/x', 'other:a'], ['a\x01']):
        assert sync('pull', *args, env=env, want=2, cwd='to').out == '', args
    assert 'a folder' in sync('pull', 'docs', env=env, want=1, cwd='to').err  # seen only when asked for
    sync('pull', 'nosuch/x', env=env, want=4, cwd='to')
    assert os.listdir('to') == ['dir'], os.listdir('to')  # no folder is made for what is not there
    sync('pull', 'docs/s/y', env=env, cwd='to')
    assert read('to/docs/s/y') == b'y'

    for args, want in ((['/'], 2), (['-R', '/'], 2), (['-Ry', 'other:'], 2), (['docs/'], 2), (['docs'], 1), (['-R', 'docs'], 2),
                       (['nosuch'], 4), (['../a'], 2)):
        sync('rm', *args, env=env, want=want)
    sync('stat', 'docs/x', env=env)
    assert sync('rm', 'docs/x', 'other:a', env=env, want=2).out == ''
    assert sync('rm', 'docs/x', 'a', env=env).out.count('removed') == 2


dav.run(main)
