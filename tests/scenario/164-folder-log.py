"""sync log of a folder: what happened in it, the last first, to whom may read it; more than one answer holds."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from dav import ask, equal, check, Connection, new_token
from multistatus import parse, name
from mock import environment, etag, sync

MANY = 1203  # more than an answer has


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann = environment(**url)

    def put(path, body):
        return sync('push', '--force', '-', path, env=ann, stdin=body)

    def log(path, **more):
        return [(o['result'], o['path'], o.get('from')) for o in sync('log', '--json', path, env=more.get('env', ann)).objects()]

    put('/d/one', 'a'), put('/d/e/two', 'b'), put('/other', 'c'), put('/d/one', 'aa')
    sync('mv', 'd/one', 'd/e/\u00e9 &', env=ann), sync('cp', 'd/e/two', 'd/three', env=ann), sync('rm', 'd/three', env=ann)
    equal(log('d'), [('removed', '/d/three', None), ('copied', '/d/three', None), ('moved', '/d/e/\u00e9 &', '/d/one'), ('saved', '/d/one', None),
                     ('saved', '/d/e/two', None), ('made', '/d/e', None), ('saved', '/d/one', None), ('made', '/d', None)])
    equal(log('d/'), log('d'))
    equal([p for _, p, _ in log('d/e')], ['/d/e/\u00e9 &', '/d/e/two', '/d/e'])
    check(('saved', '/other', None) in log('/') and len(log('/')) == 9)
    objects = sync('log', '--json', 'd', env=ann).objects()
    equal(objects[3]['version'], etag(b'aa')[1:-1]), check('version' not in objects[0] and objects[5]['kind'] == 'folder')
    check(all(o['author'] and o['client'] and o['time'].endswith('Z') for o in objects))
    equal([o['number'] for o in objects], sorted((o['number'] for o in objects), reverse=True))
    lines = [line.split('\t') for line in sync('log', 'd', env=ann).out.splitlines()]
    equal([line[3] for line in lines], ['removed', 'copied', 'moved', 'saved', 'saved', 'made', 'saved', 'made'])
    equal((lines[2][4], lines[5][4], lines[3][0]), ('d/e/\u00e9 & <- d/one', 'd/e/', etag(b'aa')[1:9]))

    # By what the folders are called now; what came from outside is told by where it is.
    sync('mv', 'd', 'f', env=ann), sync('mv', 'other', 'f/other', env=ann)
    equal(log('f')[:3], [('moved', '/f/other', '/other'), ('moved', '/f', '/d'), ('removed', '/f/three', None)])
    sync('log', 'd', env=ann, want=4)

    # Who may read a part sees that part, and not whence what came to it came.
    reader = environment(**(url | {'SYNC_TOKEN': new_token('--scope', 'read:/f/e')}))
    equal([p for _, p, _ in log('f/e', env=reader)], ['/f/e/\u00e9 &', '/f/e/two', '/f/e'])
    check(log('f/e', env=reader)[0][2] is None)
    sync('log', '/', env=reader, want=5)

    # Many, each once.
    line = Connection(os.environ['SYNC_URL'])
    ask('MKCOL', '/many')
    for i in range(MANY):
        equal(line.ask('PUT', f'/many/{i}', b'%d' % i, token=os.environ['SYNC_TOKEN']).status, 201)
    equal([p for _, p, _ in log('many')], [f'/many/{i}' for i in reversed(range(MANY))] + ['/many'])
    equal(len(log('f/e')), 3, 'though much else came since')

    body = b'<s:changes xmlns:s="urn:x-syncd:">%s</s:changes>'
    equal(ask('REPORT', '/f/', body % b'', Depth='1').status, 400)
    for bad in (b'<s:before>x</s:before>', b'<s:before>0</s:before>', b'<s:before/>'):
        equal(ask('REPORT', '/f/', body % bad, Depth='0').status, 400, bad)
    equal(ask('REPORT', '/f/other', body % b'', Depth='0').status, 403)
    equal(ask('REPORT', '/nosuch', body % b'', Depth='0').status, 404)
    equal(len(parse(ask('REPORT', '/f/', body % b'<s:before>1</s:before>', Depth='0'))), 0)


dav.run(main)
