"""What a foreign server, or something before it, may answer while it is listed: nothing of it is ever taken for a deletion.  And two-way
sync is refused where nothing keeps two writers apart, unless told otherwise."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from foreign import *
from syncing import *


class Proxy:
    """Before a real server: answers with what `trick` gives for a request, or passes it on."""

    def __init__(self, server):
        self.server, self.trick = server, None
        self.mock = Mock(self.handle)

    def handle(self, request):
        answer = self.trick and self.trick(request)
        if answer is not None and answer is not False:
            return answer
        with socket.create_connection(('127.0.0.1', self.server.port)) as s:
            fields = ''.join(f'{n}: {v}\r\n' for n, v in request.fields.items() if n not in ('connection', 'expect'))
            fields = fields.replace(f':{self.mock.port}/', f':{self.server.port}/')
            s.sendall(f'{request.method} {request.target} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n'.encode() + request.body)
            whole = b''
            while (part := s.recv(65536)):
                whole += part
        return whole.replace(b'Connection: close\r\n', b'')


def is_listing(request, target):
    return request.method == 'PROPFIND' and request.target == target and request['depth'] == '1'


def check_answers():
    server = Foreign('rclone')
    proxy = Proxy(server)
    ann = Machine('ann', '/', {'SYNC_URL': proxy.mock.url})
    for n in range(5):
        ann.write(f'd/{n}', f'content {n}'), ann.write(f'e{n}', f'e {n}')
    ann.run()
    tree = ann.tree()
    assert server.tree() == tree


    def answers(target, make):
        def trick(request):
            return make(request) if is_listing(request, target) else False
        return trick

    head, tail = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">', '</D:multistatus>'

    def member(path, kind='<D:resourcetype/>', status=200, more='<D:getcontentlength>1</D:getcontentlength><D:getetag>"x"</D:getetag>'):
        return (f'<D:response><D:href>{path}</D:href><D:propstat><D:prop>{kind}{more}</D:prop>'
                f'<D:status>HTTP/1.1 {status} X</D:status></D:propstat></D:response>')

    folder = member('/d/', '<D:resourcetype><D:collection/></D:resourcetype>')
    bodies = ['', '<html>Sign in</html>', head, head + folder, head + tail, head + member('/other/', '<D:resourcetype><D:collection/></D:resourcetype>') + tail,
              head + folder + member('/d/0', status=403) + tail, head + folder + member('/d/0', kind='') + tail,
              head + folder + member('/d/0') + member('/d/0') + tail, head + folder + member('/e0') + tail,
              head + folder + member('/d/../x') + tail, head + member('/d/') + tail,
              head + folder + member('/d/0', more='') + tail]
    for body in bodies:
        proxy.trick = answers('/d/', lambda r: reply(207, ('Content-Type', 'application/xml'), body=body.encode()))
        run = ann.run(want=None)
        assert run.code == 1 and ann.tree() == tree and server.tree() == tree, (body, run)
    for status in (200, 204, 301, 302, 400, 401, 403, 404, 405, 410, 500, 507):
        for target in ('/', '/d/'):
            proxy.trick = answers(target, lambda r: reply(status, ('Location', 'http://elsewhere.invalid/')))
            run = ann.run(want=None)
            # With a slash more it is asked once again, and that is answered.
            assert (run.code != 0 or status in (301, 302)) and ann.tree() == tree and server.tree() == tree, (status, target, run)
    # A login page in place of a file: not taken for it.
    proxy.trick = None
    write(server.root + '/e0', 'changed')
    proxy.trick = lambda r: reply(200, ('Content-Type', 'text/html'), body=b'<html>Sign in</html>') if r.method == 'GET' else False
    ann.run(want=None)
    assert ann.tree() == tree
    # The same where it is read to be compared.
    ann.write('e0', 'changed here, too')
    ann.run(want=None)
    assert ann.read('e0') == 'changed here, too' and not ann.copies() and server.tree()['e0'] == 'changed'
    proxy.trick = None
    ann.run(want=3)
    assert ann.read('e0') == 'changed' and len(ann.copies()) == 1
    # The answer to a PUT is lost, and the file changed here before the next run: still nobody's but ours.
    ann.write('mine', 'first')

    def lose(request):
        if request.method == 'PUT':
            proxy.trick = None
            proxy.handle(request)
            proxy.trick = lambda r: reply(500)
            return None
        return False

    proxy.trick = lose
    ann.run(want=None)
    proxy.trick = None
    assert server.tree()['mine'] == 'first'
    ann.write('mine', 'second, longer')
    for _ in range(60):  # the lock that was left behind is ours to take off
        ann.run(want=None)
        if server.tree()['mine'] == 'second, longer':
            break
    assert server.tree()['mine'] == 'second, longer' and len(ann.copies()) == 1, (server.tree(), ann.tree())
    server.stop()


def check_gone_with_its_folder():
    """A file that somebody removed while we were about to, whose folder then went: were it kept as being there, its like would never be sent."""
    os.mkdir('folder'), os.chdir('folder')
    server = Foreign('rclone')
    proxy = Proxy(server)
    ann = Machine('ann', '/', {'SYNC_URL': proxy.mock.url})
    ann.write('d/a', 'content'), ann.run()
    ann.remove('d'), ann.write('d', 'a file now')

    def remove_first(request):
        if request.method == 'LOCK' and request.target == '/d/a':
            proxy.trick = None
            os.remove(server.root + '/d/a')
        return False

    proxy.trick = remove_first
    for _ in range(20):
        if ann.run(want=None).out.startswith('0 up  0 down') and ann.tree() == server.tree():
            break
    assert proxy.trick is None and server.tree() == ann.tree() == {'d': 'a file now'}, server.tree()
    ann.remove('d'), ann.write('d/a', 'content')
    for _ in range(20):
        if ann.run(want=None).out.startswith('0 up  0 down') and ann.tree() == server.tree():
            break
    assert server.tree() == ann.tree() == {'d': None, 'd/a': 'content'}, server.tree()
    server.stop()
    os.chdir('..')


def check_unsafe(kind):
    os.mkdir('unsafe-' + kind), os.chmod('unsafe-' + kind, 0o755), os.chdir('unsafe-' + kind)
    server = Foreign(kind, locks=False)
    env = environment(SYNC_URL=server.url, XDG_STATE_HOME=os.path.abspath('s'))
    if kind == 'nginx':
        run = sync('clone', '/', 'no', env=env, want=1)
        assert 'not safe with this server' in run.err and '--unsafe' in run.err and not os.path.exists('no'), run
    run = sync('clone', '--unsafe', '/', 'ann', env=env)
    assert 'unsafe = yes' in open('ann/.sync/config').read()
    ann = Machine('ann', '/', {'SYNC_URL': server.url}, clone=False)
    ann.env = env
    for n in range(3):
        ann.write(f'd/{n}', f'content {n}')
    for _ in range(20):
        if ann.run(want=None).out.startswith('0 up  0 down') and ann.tree() == server.tree():
            break
    ann.remove('d/0'), ann.write('d/1', 'other'), write(server.root + '/d/2', 'by hand')
    for _ in range(20):
        if ann.run(want=None).out.startswith('0 up  0 down') and ann.tree() == server.tree():
            break
        time.sleep(0.3)
    assert ann.tree() == server.tree() == {'d': None, 'd/1': 'other', 'd/2': 'by hand'}, (ann.tree(), server.tree())
    server.stop()
    os.chdir('..')


check_answers()
check_gone_with_its_folder()
check_unsafe('nginx')
