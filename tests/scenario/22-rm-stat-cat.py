"""rm only what was seen, folders whole or not at all; stat; cat."""
import os, signal, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann, bea = environment(**url), environment(**url, XDG_STATE_HOME=os.path.abspath('bea-state'))

    sync('push', '-', '/image/123', env=ann, stdin='one\n')
    assert sync('rm', 'image/123', env=ann).out == 'image/123\tremoved\t2c8b08da\n'
    run = sync('rm', 'image/123', env=ann, want=4)
    assert run.out == '' and '404' in run.err

    # Changed since it was seen: it stays.  Never seen: as it is looked up.
    sync('push', '-', '/f', env=ann, stdin='one'), sync('push', '--force', '-', '/f', env=bea, stdin='two')
    run = sync('rm', 'f', env=ann, want=3)
    assert '412' in run.err and sync('cat', 'f', env=ann).out == 'two'
    assert 'removed' in sync('rm', '--force', 'f', env=ann).out
    sync('push', '--force', '-', '/f', env=bea, stdin='one')
    fresh_state()
    run = sync('rm', '-v', 'f', env=ann)
    assert '> HEAD /f' in run.err and '> DELETE /f  If-Match: "' in run.err

    # A folder goes whole, bound to the ETag of everything below it.
    write('d/a', 'a'), write('d/e/b', 'b')
    sync('push', '-R', 'd', env=ann)
    run = sync('rm', '-R', '-y', '-v', 'd', env=ann)
    assert '> DELETE /d/  If-Match: "' in run.err and run.out.startswith('d\tremoved\t')
    sync('stat', 'd', env=ann, want=4)
    run = sync('push', '-R', 'd', env=ann)
    assert run.out.count('created') == 2, run  # what was below it is forgotten, too

    # stat: columns, tabs in a pipe, keys in JSON.
    assert sync('stat', '--json', 'd/a', env=ann).objects()[0].items() >= {
        'path': '/d/a', 'kind': 'file', 'bytes': 1, 'etag': etag(b'a')[1:-1]}.items()
    o = sync('stat', '--json', 'd', env=ann).objects()[0]
    assert o['kind'] == 'folder' and len(o['etag']) == 64 and o == sync('stat', '--json', 'd/', env=ann).objects()[0]
    assert 'bytes\t1\n' in sync('stat', 'd/a', env=ann).out
    assert sync('stat', '/', '--json', env=ann).objects()[0]['kind'] == 'folder'
    assert sync('stat', '--json', 'nosuch', env=ann, want=4).objects()[0]['result'] == 'missing'
    sync('stat', 'd/a/', env=ann, want=4)

    # cat: bytes as they are, nothing else on stdout.
    body = os.urandom(3 << 20)
    write('bin', body), sync('push', 'bin', env=ann)
    done = subprocess.run([CLIENT, 'cat', '/bin'], env=ann, capture_output=True)
    assert done.returncode == 0 and done.stdout == body
    sync('cat', 'd', env=ann, want=1), sync('cat', 'nosuch', env=ann, want=4)
    with open('/dev/full', 'w') as full:
        assert subprocess.run([CLIENT, 'cat', '/bin'], env=ann, stdout=full, stderr=subprocess.DEVNULL).returncode == 1
        assert subprocess.run([CLIENT, 'stat', '/bin'], env=ann, stdout=full, stderr=subprocess.DEVNULL).returncode == 1
    pipe = subprocess.Popen([CLIENT, 'cat', '/bin'], env=ann, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe.stdout.read(10), pipe.stdout.close()
    assert pipe.wait(20) == -signal.SIGPIPE and pipe.stderr.read() == b''  # "| head" is no failure to speak of


dav.run(main)
