"""What servers and proxies between may answer to the question for changes: unless it is whole and says what was asked, the run fails,
and nothing is taken for deleted.  And what may arrive in place of a file."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from syncing import *

HEAD = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">'
TAIL = '<D:sync-token>data:,%d</D:sync-token></D:multistatus>'
SYNC = ('Sync-Features', 'digest-etag, collection-etag, listing, login, dav, sync-collection')


def member(path, content=None, status=200, etag_=None, kind=True):
    """A file, or with None a folder."""
    tag = etag_ or (etag(content) if content is not None else '"%064x"' % 1)
    kind = ('<D:resourcetype/>' if content is not None else '<D:resourcetype><D:collection/></D:resourcetype>') if kind else ''
    return (f'<D:response><D:href>{path}</D:href><D:propstat><D:prop>{kind}<D:getetag>{tag}</D:getetag>'
            f'<D:resource-id><D:href>urn:uuid:{path}</D:href></D:resource-id></D:prop>'
            f'<D:status>HTTP/1.1 {status} X</D:status></D:propstat></D:response>')


def gone(path, status=404):
    return f'<D:response><D:href>{path}</D:href><D:status>HTTP/1.1 {status} X</D:status></D:response>'


class Server(Files):
    def __init__(self):
        super().__init__()
        self.report, self.token = None, 1

    def do_OPTIONS(self, request):
        return reply(200, SYNC)

    def do_PROPFIND(self, request):
        return self.answer(HEAD + member('/docs/') + '</D:multistatus>')

    def answer(self, text, status=207, **more):
        return reply(status, ('Content-Type', 'application/xml'), body=text.encode(), **more)

    def do_REPORT(self, request):
        self.asked = request
        if callable(self.report):
            return self.report(request)
        return self.answer(self.report)


def main():
    server = Server()
    mock = Mock(server)
    server.update({'/docs/a': b'a', '/docs/d/b': b'b', '/docs/d/c': b'c'})
    whole = HEAD + member('/docs/a', b'a') + member('/docs/d/') + member('/docs/d/b', b'b') + member('/docs/d/c', b'c') + TAIL % 1
    server.report = whole
    ann = Machine('ann', where={'SYNC_URL': mock.url, 'SYNC_TOKEN': 'secret-token'})
    tree = ann.tree()
    assert tree == {'a': 'a', 'd': None, 'd/b': 'b', 'd/c': 'c'}

    def refused(report, *words, code=1, **more):
        server.report = report
        mock.forget()
        run = ann.run(want=None)
        assert run.code in (code if isinstance(code, tuple) else (code,)), run
        assert ann.tree() == tree, (report, run)
        assert all(r.method in ('REPORT', 'OPTIONS') for r in mock.requests), mock.requests
        for word in words:
            assert word in run.err, (word, run)

    everything_gone = gone('/docs/a') + gone('/docs/d/')
    # Cut anywhere; without a token; something else; nothing.
    good = HEAD + everything_gone + TAIL % 2
    for cut in (0, 10, len(HEAD), len(HEAD) + 60, len(good) - 60, len(good) - 5):
        refused(good[:cut])
    refused(HEAD + everything_gone + '</D:multistatus>', 'cut off')
    refused(HEAD + '</D:multistatus>', 'cut off')
    refused('<html><body>Sign in</body></html>')
    refused('{}'), refused(HEAD.replace('DAV:', 'X:') + '</D:multistatus>')
    refused('<!DOCTYPE x [<!ENTITY e "x">]>' + good)
    # Other statuses: never "absent", also with a whole 207's body.
    for status, code in ((200, 1), (201, 1), (204, 1), (301, 1), (302, 1), (400, 1), (401, 5), (403, 5), (404, 4), (405, 1), (410, 4), (500, 1), (507, 8)):
        refused(lambda r: server.answer(good, status), code=code)
    refused(lambda r: reply(207, ('Content-Type', 'text/html'), body=b''))
    refused(lambda r: b'HTTP/1.1 207 X\r\nContent-Length: 100000\r\n\r\n' + good.encode(), code=6)
    # The folder itself gone; what was not asked for; paths that lead elsewhere.
    for odd in (gone('/docs/'), gone('/docs/', 403), gone('/other'), gone('/docsx/a'), gone('/docs/../a'), gone('/docs/%2e%2e/x'), gone('/'),
                member('/docs/%00', b'x'), member('/docs/x%2fy', b'x')):
        refused(HEAD + odd + TAIL % 2)
    # A member without what was asked for, or with a status of its own.
    refused(HEAD + member('/docs/a', b'a', kind=False) + TAIL % 2)
    refused(HEAD + member('/docs/a', b'a', status=403) + gone('/docs/d/', 500) + TAIL % 2)
    for tag in ('', '"x"', 'W/"' + '0' * 64 + '"', '"' + '0' * 63 + '"', '0' * 64):
        refused(HEAD + member('/docs/a', b'a', etag_=tag or ' ') + TAIL % 2)
    # More without end.
    refused(HEAD + gone('/docs/', 507) + TAIL % 1, 'no end')

    # A token refused: everything anew, and what is not listed any more is sent again, not deleted here.
    listings = []

    def refuse_first(request):
        listings.append(request.body)
        if len(listings) == 1:
            return server.answer('<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>', 403)
        return server.answer(HEAD + member('/docs/d/') + member('/docs/d/b', b'b') + TAIL % (5 + len(listings)))

    server.report = refuse_first
    del server['/docs/a'], server['/docs/d/c']
    ann.run(want=None)
    assert ann.tree() == tree and server['/docs/a'] == b'a' and server['/docs/d/c'] == b'c'
    assert b'<D:sync-token></D:sync-token>' in listings[1] and b'data:,1' in listings[0]

    # Pages: all of them, then the plan.
    pages = [HEAD + gone('/docs/', 507) + member('/docs/p', b'p') + TAIL % 21, HEAD + member('/docs/q', b'q') + TAIL % 22]
    server.update({'/docs/p': b'p', '/docs/q': b'q'})
    server.report = lambda r: server.answer(pages.pop(0) if pages else HEAD + TAIL % 22)
    ann.run(want=None)
    assert ann.read('p') == 'p' and ann.read('q') == 'q'

    # A file that is not what its tag says; one that changed meanwhile: neither gets into the folder.
    server['/docs/a'] = b'evil'
    server.report = HEAD + member('/docs/a', b'good') + TAIL % 31
    server.do_GET = lambda r, head=False: reply(200, ('ETag', etag(b'good')), body=b'evil')
    assert 'not what the server' in ann.run(want=1).err and ann.read('a') == 'a'
    server.do_GET = lambda r, head=False: reply(200, ('Content-Type', 'text/html'), body=b'<html>Sign in</html>')
    ann.run(want=1)
    server.do_GET = lambda r, head=False: reply(412)
    ann.run(want=1)
    server.do_GET = lambda r, head=False: reply(206, body=b'good')
    ann.run(want=1)
    assert ann.read('a') == 'a' and not ann.copies()
    assert os.listdir(ann.path('.sync/tmp')) == []
    # A server that takes a file and says it is another one: not believed.
    server.do_GET = lambda r, head=False: Files.do_GET(server, r, head)
    server['/docs/a'] = b'good'
    ann.write('mine', 'mine')
    server.do_PUT = lambda r: reply(201, ('ETag', etag(b'other')))
    server.report = HEAD + TAIL % 32
    assert 'not the digest of what was sent' in ann.run(want=1).err
    del server.do_PUT
    ann.run()
    assert server['/docs/mine'] == b'mine' and ann.read('a') == 'good'
    mock.close()


main()
