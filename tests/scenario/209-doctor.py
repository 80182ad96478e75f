"""doctor: what works and what does not, and who wins a race for one If-Match."""
import os, shutil, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from foreign import Foreign
from syncing import *


def main():
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    run = sync('doctor', env=env)
    checks = {line.split('\t')[0]: line.split('\t')[1:] for line in run.out.splitlines()}
    assert all(v[0] == 'ok' for v in checks.values()) and set(checks) == {'name', 'tcp', 'connection', 'clock', 'features', 'token', 'state', 'watches', 'folder'}, run
    assert 'the key is the one known' in checks['connection'][1] and 'sync-collection' in checks['features'][1]
    # Our own server lets one win; the file is gone afterwards, and one that is there is not touched.
    assert 'race\tok\t8 writers with one If-Match: 1 won' in sync('doctor', '--race', '/race', env=env).out
    sync('stat', '/race', env=env, want=4)
    sync('push', '-', '/mine', env=env, stdin='mine')
    assert 'is there already' in sync('doctor', '--race', '/mine', env=env, want=3).out and sync('cat', '/mine', env=env).out == 'mine'
    # In a linked folder; with its marker gone.
    sync('mkdir', 'docs', env=env), sync('clone', 'docs', env=env)
    objects = sync('doctor', '--json', env=env, cwd='docs').objects()
    assert {'folder', 'pairing', 'room'} <= {o['check'] for o in objects} and all(o['result'] == 'ok' for o in objects), objects
    os.remove('docs/.sync/id')
    assert 'folder\tFAIL' in sync('doctor', env=env, cwd='docs', want=3).out
    # Another key, another token, nobody there.
    assert 'connection\tFAIL' in sync('doctor', env={**env, 'SYNC_PIN': 'sha256//' + 'A' * 43 + '='}, want=7).out
    assert 'token\tFAIL' in sync('doctor', env={**env, 'SYNC_TOKEN': 'x' * 64}, want=5).out
    assert 'connection\tFAIL' in sync('doctor', env=environment(SYNC_URL='http://127.0.0.1:9/', SYNC_TOKEN='x'), want=6).out

    assert 'tcp\tFAIL' in sync('doctor', env=environment(SYNC_URL='http://127.0.0.1:9/', SYNC_TOKEN='x'), want=6).out
    shutil.rmtree('.local', ignore_errors=True)
    assert 'pairing\tok\t' in sync('doctor', env={**env, 'XDG_STATE_HOME': os.path.abspath('lost')}, cwd='docs', want=3).out
    # A race on any server, by a whole URL: ours with the token that is known for it, others as nobody; no remote need be known.
    assert '1 won' in sync('doctor', '--race', os.environ['SYNC_URL'] + 'docs/race%20url', env=env).out
    sync('stat', '/docs/race url', env=env, want=4)
    nobody = environment()
    for word in ('http://127.0.0.1:1', 'http://127.0.0.1:1/', 'http://', 'https://x/?y', 'http://u:p@x/y', 'http://127.0.0.1:1/a/'):
        assert 'URL' in sync('doctor', '--race', word, env=nobody, want=2).err, word
    assert 'tcp\tFAIL' in sync('doctor', '--race', 'http://127.0.0.1:9/x', env=nobody, want=6).out
    for kind, won in (('apache', None), ('nginx', 8)):
        server = Foreign(kind)
        run = sync('doctor', '--race', server.url + 'race', env=nobody, want=None)
        count = int(run.out.split('with one If-Match: ')[1].split()[0])
        print(kind, count)
        assert count >= 1 and (won is None or count == won) and run.code == (0 if count == 1 else 1) and os.listdir(server.root) == [], run
    # In a folder of another server than the usual one: that one.
    write('token', os.environ['SYNC_TOKEN'])
    two = environment(XDG_CONFIG_HOME=os.path.abspath('config'), XDG_STATE_HOME=os.path.abspath('two'))
    sync('login', os.environ['SYNC_URL'], '--token-file', 'token', '--pin', os.environ['SYNC_PIN'], env=two)
    sync('remote', 'add', 'away', 'http://127.0.0.1:9/', env=two), sync('clone', 'docs', 'two-docs', env=two), sync('remote', 'default', 'away', env=two)
    sync('doctor', env=two, want=6)
    assert 'connection\tok\t' + os.environ['SYNC_URL'].replace('localhost', '') [:8] in sync('doctor', env=two, cwd='two-docs').out
    assert '1 won' in sync('doctor', '--race', os.environ['SYNC_URL'] + 'race', env=two).out

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
