"""doctor: what works and what does not, and who wins a race for one If-Match."""
import os, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    run = sync('doctor', env=env)
    checks = {line.split('\t')[0]: line.split('\t')[1:] for line in run.out.splitlines()}
    assert all(v[0] == 'ok' for v in checks.values()) and set(checks) == {'name', 'connection', 'clock', 'features', 'token', 'state', 'watches', 'folder'}, run
    assert 'the key is the one known' in checks['connection'][1] and 'sync-collection' in checks['features'][1]
    # Our own server lets one win; the file is gone afterwards, and one that is there is not touched.
    assert 'race\tok\t8 writers with one If-Match: 1 won' in sync('doctor', '--race', '/race', env=env).out
    sync('stat', '/race', env=env, want=4)
    sync('push', '-', '/mine', env=env, stdin='mine')
    assert 'is there already' in sync('doctor', '--race', '/mine', env=env, want=3).out and sync('cat', '/mine', env=env).out == 'mine'
    # In a linked folder; with its marker gone.
    sync('mkdir', 'docs', env=env), sync('clone', 'docs', env=env)
    objects = sync('doctor', '--json', env=env, cwd='docs').objects()
    assert {'folder', 'room'} <= {o['check'] for o in objects} and all(o['result'] == 'ok' for o in objects), objects
    os.remove('docs/.sync/id')
    assert 'folder\tFAIL' in sync('doctor', env=env, cwd='docs', want=3).out
    # Another key, another token, nobody there.
    assert 'connection\tFAIL' in sync('doctor', env={**env, 'SYNC_PIN': 'sha256//' + 'A' * 43 + '='}, want=7).out
    assert 'token\tFAIL' in sync('doctor', env={**env, 'SYNC_TOKEN': 'x' * 64}, want=5).out
    assert 'connection\tFAIL' in sync('doctor', env=environment(SYNC_URL='http://127.0.0.1:9/', SYNC_TOKEN='x'), want=6).out

    # A server that does not keep conditions, whose clock is off, and which is none of ours.
    files = Files(features=False)
    files.do_PUT = lambda r: (files.__setitem__(r.target, r.body), reply(201, ('ETag', '"same"')))[1]
    files.do_HEAD = lambda r: reply(200, ('ETag', '"same"'))
    files.do_OPTIONS = lambda r: options(r, ('Date', 'Sun, 06 Nov 1994 08:49:37 GMT'))
    files.do_PROPFIND = lambda r: reply(405)
    mock = Mock(files)
    run = sync('doctor', '--race', '/x', env=mock.env(), want=None)
    assert run.code == 1 and '8 writers with one If-Match: 8 won' in run.out and 'clock\tFAIL' in run.out and 'none of ours' in run.out, run


dav.run(main)
