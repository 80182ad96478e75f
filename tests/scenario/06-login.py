"""A login code works once, for its user, and becomes a token with the label that was sent."""
import base64, http.client, os, socket, subprocess, sys, time

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
import dav
from dav import Connection


class Admin(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ['SYNC_STORE'] + '/admin.sock')


def admin(method, path, body=None):
    c = Admin('localhost')
    c.request(method, path, body)
    r = c.getresponse()
    return r.status, r.read().decode()


def login(user, code, label='ann@desk', extra=b''):
    c = Connection()
    basic = base64.b64encode(f'{user}:{code}'.encode())
    body = label.encode()
    began = time.monotonic()
    c.send(b'POST /.sync/login HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\nContent-Type: text/plain\r\n%s'
           b'Content-Length: %d\r\n\r\n%s' % (basic, extra, len(body), body))
    answer = c.answer('POST')
    answer.took = time.monotonic() - began
    return answer


def get(token):
    c = Connection()
    c.send(b'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n' % token.encode())
    return c.answer().status


def main():
    user = subprocess.run(['id', '-un'], capture_output=True, text=True).stdout.strip()
    status, text = admin('POST', '/.sync/admin/codes', f'user={user}\n')
    assert status == 201, (status, text)
    code = dict(line.split('=', 1) for line in text.split('\n') if line)['code']
    assert len(code) == 32

    assert admin('POST', '/.sync/admin/codes', 'user=nobody-here\n')[0] == 404
    assert admin('POST', '/.sync/admin/codes', 'nonsense')[0] == 400
    assert admin('GET', '/.sync/admin/codes')[0] == 405
    assert admin('DELETE', '/.sync/admin/tokens/00000000')[0] == 404
    assert admin('DELETE', '/.sync/admin/tokens/xyz')[0] == 400
    assert admin('GET', '/.sync/admin/nothing')[0] == 404

    wrong = [login(user, '0' * 32), login('nobody-here', code), login(user, code + '0'), login('', '')]
    for answer in wrong: # all alike, and not at once
        assert answer.status == 401 and answer.body == wrong[0].body, answer
        assert answer.took > 0.2
        assert [v for n, v in answer.headers if n == 'www-authenticate'] == ['Basic realm="syncd", charset="UTF-8"', 'Bearer']
    assert wrong[1].took > wrong[0].took

    assert login(user, code, 'x' * 67).status == 413
    assert login(user, code, 'x' * 65).status == 400 and login(user, code, 'a\x01b').status == 400
    good = login(user, code)
    assert good.status == 200 and good['cache-control'] == 'no-store' and good['content-type'].startswith('text/plain'), good
    token = good.body.decode()
    assert token.endswith('\n') and len(token) == 68
    assert get(token.strip()) == 200
    assert login(user, code).status == 401 # once
    assert '\tann@desk\t' in subprocess.run(['syncd', 'token', 'ls', '--store', os.environ['SYNC_STORE']], capture_output=True, text=True).stdout

    c = Connection()
    c.send(b'POST /.sync/login HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
    assert c.answer('POST').status == 401
    c = Connection()
    c.send(b'GET /.sync/login HTTP/1.1\r\nHost: x\r\n\r\n')
    answer = c.answer()
    assert answer.status == 405 and answer['allow'] == 'POST'


dav.run(main)
