"""What of /.sync strangers can see, and that another site's page can change nothing."""
import os, sys

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
import dav
from dav import Connection


def ask(method, path, token=None, extra=''):
    c = Connection()
    auth = f'Authorization: Bearer {token}\r\n' if token else ''
    c.send(f'{method} {path} HTTP/1.1\r\nHost: x\r\n{auth}{extra}\r\n'.encode())
    return c.answer(method)


def main():
    token = os.environ['SYNC_TOKEN']
    assert ask('GET', '/.sync/healthz').body == b'ok\n'
    assert ask('HEAD', '/.sync/healthz').status == 200
    assert ask('GET', '/.sync/readyz').status == 200
    assert ask('PUT', '/.sync/healthz', extra='Content-Length: 0\r\n')['allow'] == 'GET, HEAD'
    for path in '/.sync', '/.sync/', '/.sync/nothing', '/.sync/healthz/x', '/.sync/admin/tokens', '/.sync/admin/tokens/00000000':
        assert ask('GET', path).status == 404, path
        assert ask('GET', path, token).status == 404, path
    assert ask('DELETE', '/.sync/admin/tokens/00000000', token).status in (403, 404)
    assert ask('PUT', '/.sync/x', extra='Content-Length: 0\r\n').status == 401
    assert ask('PUT', '/.sync/x', token, 'Content-Length: 0\r\n').status == 403

    cross = 'Sec-Fetch-Site: cross-site\r\n'
    empty = 'Content-Length: 0\r\n'
    for method, extra in ('PUT', empty), ('DELETE', ''), ('MKCOL', ''), ('POST', empty), ('MOVE', ''), ('PATCH', empty):
        assert ask(method, '/x', token, cross + extra).status == 403, method
    assert ask('POST', '/.sync/login', None, cross + empty).status == 403
    assert ask('GET', '/', token, cross).status == 200
    assert ask('PUT', '/x', token, 'Sec-Fetch-Site: same-origin\r\n' + empty).status == 201


dav.run(main)
