"""sync log and restore: files and folders, removed or changed, by version and by time; what a person and a program see."""
import datetime, os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann, bea = environment(**url), environment(**url, XDG_STATE_HOME=os.path.abspath('bea-state'))

    def put(path, body):
        return sync('push', '--force', '-', path, env=ann, stdin=body)

    def cat(path, *options):
        return sync('cat', path, *options, env=ann).out

    for body in ('one', 'two', 'three'):
        put('/f', body)
    run = sync('log', 'f', env=ann)
    lines = [line.split('\t') for line in run.out.splitlines()]
    assert [line[0] for line in lines] == [etag(b)[1:9] for b in (b'three', b'two', b'one')], run
    assert all(line[1].startswith('20') and line[1].endswith('Z') and line[2] != '-' for line in lines)
    assert [line[3] for line in lines] == ['5 B', '3 B', '3 B']
    objects = sync('log', '--json', 'f', env=ann).objects()
    assert set(objects[0]) == {'path', 'version', 'number', 'time', 'author', 'client', 'bytes'}, objects[0]
    assert [o['version'] for o in objects] == [etag(b)[1:-1] for b in (b'three', b'two', b'one')]
    assert objects[0]['path'] == '/f' and objects[0]['number'] > objects[1]['number']
    run = sync('log', 'nosuch', env=ann, want=4)
    assert run.out == '' and 'nothing was ever there' in run.err
    assert sync('log', '--json', 'nosuch', env=ann, want=4).objects()[0]['result'] == 'missing'

    # A version by the beginning of its hash, or by its number; itself a new version.
    one = etag(b'one')[1:-1]
    run = sync('restore', 'f', one[:8], env=ann)
    assert run.out == f'f\trestored\t{one[:8]}\n' and cat('f') == 'one'
    assert [o['version'] for o in sync('log', '--json', 'f', env=ann).objects()][:2] == [one, etag(b'three')[1:-1]]
    assert sync('restore', 'f', one.upper()[:5], env=ann).out == f'f\tunchanged\t{one[:8]}\n'
    assert sync('restore', '-n', 'f', str(objects[1]['number']), env=ann).out == 'f\trestored\n' and cat('f') == 'one'
    assert sync('restore', '--json', 'f', str(objects[1]['number']), env=ann).objects()[0].items() >= {
        'path': '/f', 'result': 'restored', 'etag': etag(b'two')[1:-1]}.items()
    assert cat('f') == 'two'
    run = sync('restore', 'f', 'ffffffff', env=ann, want=4)
    assert 'no version' in run.err and cat('f') == 'two'
    run = sync('restore', 'f', env=ann, want=2)
    assert 'which version' in run.err and 'log /f' in run.err
    sync('restore', 'f', one[:8], '--at', '1h', env=ann, want=2), sync('restore', 'f', '--at', 'soon', env=ann, want=2)

    # What was removed: a file, a folder whole with the history of all in it, what is not removed but moved away.
    sync('rm', 'f', env=ann)
    assert sync('restore', 'f', env=ann).out == f'f\trestored\t{etag(b"two")[1:9]}\n' and cat('f') == 'two'
    put('/d/e/g', 'deep'), put('/d/e/g', 'deeper'), put('/d/h', 'h')
    sync('rm', '-R', '-y', 'd', env=ann)
    sync('cat', 'd/h', env=ann, want=4)
    assert sync('log', 'd/e/g', env=ann).out.count('\n') == 2, 'what lies in a removed folder has its history still'
    assert sync('restore', 'd', env=ann).out.startswith('d\trestored\t')
    assert cat('d/e/g') == 'deeper' and sync('log', 'd/e/g', env=ann).out.count('\n') == 2
    sync('mv', 'd/h', 'd/i', env=ann)
    assert sync('restore', 'd/h', env=ann).out.startswith('d/h\trestored\t') and cat('d/h') == cat('d/i') == 'h'
    sync('restore', 'nosuch', env=ann, want=4), sync('restore', 'd', env=ann, want=2)
    sync('rm', '-R', '-y', 'd', env=ann)
    run = sync('restore', 'd/h', env=ann, want=4)
    assert 'folder' in run.err, run

    # A time: of a file, of a folder (one step, and what it would be first), of everything.
    sync('restore', 'd', env=ann)
    number = sync('log', '--json', 'd/h', env=ann).objects()[0]['number']
    when = datetime.datetime.now(datetime.timezone.utc).isoformat().replace('+00:00', 'Z')
    put('/d/h', 'changed'), put('/d/new', 'new'), sync('rm', 'd/e/g', env=ann)
    for at in (str(number), when):
        assert cat('d/h', '--at', at) == 'h'
    sync('cat', 'd/new', '--at', str(number), env=ann, want=4)
    before = sync('stat', '--json', 'd', env=ann).objects()
    run = sync('restore', '-n', 'd', '--at', str(number), env=ann)
    assert run.out.splitlines() == ['d/e/g\trestored', 'd/h\trestored', 'd/new\tremoved'], run
    assert sync('stat', '--json', 'd', env=ann).objects() == before
    now = sync('log', '--json', 'd/new', env=ann).objects()[0]['number']
    assert sync('restore', 'd/', '--at', when, env=ann).out.startswith('d\trestored\t')
    assert cat('d/h') == 'h' and cat('d/e/g') == 'deeper' and cat('d/i') == 'h'
    sync('cat', 'd/new', env=ann, want=4)
    sync('restore', 'd', '--at', str(now), env=ann)
    assert cat('d/new') == 'new' and cat('d/h') == 'changed'
    sync('restore', 'd', '--at', '2000-01-01', env=ann, want=4), sync('restore', 'nosuch', '--at', 'now', env=ann, want=4)
    sync('rm', '-R', '-y', 'd', env=ann), sync('rm', 'f', env=ann)
    assert sync('restore', '/', '--at', str(now), env=ann).out.startswith('/\trestored\t')
    assert cat('d/new') == 'new' and cat('f') == 'two'

    # Of a folder its changes are told, the restoring among them; somebody's lock holds.
    assert '\trestored\td/new\n' in sync('log', 'd', env=ann).out
    sync('lock', 'f', env=bea)
    sync('restore', 'f', one[:8], env=ann, want=8)
    sync('restore', 'f', one[:8], env=bea)
    assert cat('f') == 'one'

    # A server without history says so and is not believed more than it says.
    def foreign(request):
        return reply(405) if request.method == 'REPORT' else reply(404)
    with_none = Mock(foreign)
    assert 'keeps no history' in sync('log', 'f', env=with_none.env(), want=1).err
    with_none.close()
    for body in (b'', b'<x/>', b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/f</D:href><D:propstat><D:prop><D:version-name>1'
                 b'</D:version-name></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>'):
        liar = Mock(lambda request: reply(207, ('Content-Type', 'application/xml'), body=body))
        sync('log', 'f', env=liar.env(), want=1)
        liar.close()


dav.run(main)
