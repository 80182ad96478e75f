"""Who gets in: Bearer and Basic, names as Windows writes them; and what a scope lets through."""
import base64, os, subprocess, sys

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
import dav
from dav import Connection

STORE = os.environ.get('SYNC_STORE')


def ask(method, path, authorization, body=None):
    c = Connection()
    lines = authorization if isinstance(authorization, list) else [authorization]
    head = ''.join(f'Authorization: {line}\r\n' for line in lines if line is not None)
    length = f'Content-Length: {len(body)}\r\n' if body is not None else ''
    c.send(f'{method} {path} HTTP/1.1\r\nHost: x\r\n{head}{length}\r\n'.encode() + (body or b''))
    return c.answer(method)


def basic(user, secret):
    return 'Basic ' + base64.b64encode(f'{user}:{secret}'.encode()).decode()


def add(*args):
    user = subprocess.run(['id', '-un'], capture_output=True, text=True).stdout.strip()
    return subprocess.run(['syncd', 'token', 'add', user, '--store', STORE, *args], check=True, capture_output=True, text=True).stdout.strip()


def main():
    user = subprocess.run(['id', '-un'], capture_output=True, text=True).stdout.strip()
    token = os.environ['SYNC_TOKEN']
    good = ['Bearer ' + token, 'bearer  ' + token, basic(user, token), basic(user.upper(), token), basic('DOM\\' + user, token)]
    bad = [None, '', 'Bearer', 'Bearer x', 'Bearer ' + token[:-1], 'Bearer ' + token + '0', 'Bearer ' + token.upper(), token,
           'Basic ' + token, basic('bob', token), basic(user, token + 'x'), basic(user, ''), basic(user, 'x' * 300), 'Digest x',
           'Bearer ' + 'x' * 300, ['Bearer ' + token, 'Bearer ' + token], ['Bearer ' + token, 'Basic x']]
    for value in good:
        assert ask('GET', '/', value).status == 200, value
    for value in bad:
        answer = ask('GET', '/', value)
        if isinstance(value, list) and answer.status == 400:
            continue # refused even earlier
        assert answer.status == 401, (value, answer)
        assert [v for n, v in answer.headers if n == 'www-authenticate'] == ['Basic realm="syncd", charset="UTF-8"', 'Bearer']
    assert ask('OPTIONS', '/', None).status == 200

    # Credentials do not stick to a connection.
    c = Connection()
    c.send(f'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n'.encode())
    assert c.answer().status == 200
    c.send(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    assert c.answer().status == 401

    # A scope: read, write below it, nothing else; the way down is bare.
    all_ = 'Bearer ' + token
    for path in '/docs', '/docs/in', '/other':
        assert ask('MKCOL', path, all_).status == 201
    assert ask('PUT', '/docs/a', all_, b'a').status == 201 and ask('PUT', '/other/b', all_, b'b').status == 201
    scoped = 'Bearer ' + add('--scope', 'read:/docs', '--scope', 'write:/docs/in')
    cases = [('GET', '/docs/a', 200), ('GET', '/docs/', 200), ('PUT', '/docs/a', 403), ('PUT', '/docs/new', 403), ('DELETE', '/docs/a', 403),
             ('PUT', '/docs/in/c', 201), ('DELETE', '/docs/in/c', 204), ('GET', '/other/b', 404), ('PUT', '/other/b', 404),
             ('GET', '/nothing', 404), ('PUT', '/nothing', 404), ('DELETE', '/other', 404), ('GET', '/docsx', 404)]
    for method, path, want in cases:
        answer = ask(method, path, scoped, b'x' if method == 'PUT' else None)
        assert answer.status == want, (method, path, answer)
    top = ask('GET', '/', scoped)
    assert top.status == 200 and top['etag'] is None and b'docs/' in top.body and b'other' not in top.body, top


dav.run(main)
