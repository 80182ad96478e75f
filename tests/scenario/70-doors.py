"""Who gets in: a code that twenty redeem at once, a token that is revoked in mid-connection, the admin socket and another
user, guesses that cost their sender time and the server nothing (threats 39-43)."""
import base64, os, re, socket as socket_module, struct, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def admin(raw):
    s = socket_module.socket(socket_module.AF_UNIX)
    s.connect(os.environ['SYNC_STORE'] + '/admin.sock')
    s.settimeout(5)
    s.sendall(raw)
    got = b''
    while data := s.recv(4096):
        got += data
        if b'\r\n\r\n' in got:
            break
    return got


def new_code(user):
    body = f'user={user}\n'.encode()
    got = admin(b'POST /.sync/admin/codes HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
    return re.search(rb'code=(\w+)', got).group(1).decode()


def login(user, code, label=b'l'):
    return ask('POST', '/.sync/login', label, token=None, Authorization='Basic ' + base64.b64encode(f'{user}:{code}'.encode()).decode())


def race(user):
    code, won = new_code(user), []

    def one():
        a = login(user, code)
        won.append((a.status, a.body))
    threads = [threading.Thread(target=one) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(sorted(s for s, _ in won), [200] + [401] * 11)
    token = [b for s, b in won if s == 200][0].decode().strip()
    equal(ask('GET', '/', token=token).status, 200)


def revoked():
    token = new_token('--label', 'victim')
    listed = subprocess.run(['syncd', 'token', 'ls', '--json', '--store', os.environ['SYNC_STORE']], check=True, capture_output=True, text=True).stdout
    ident = [t['id'] for t in map(json.loads, listed.splitlines()) if t['label'] == 'victim'][0]
    check(token not in listed)
    connections = [Connection() for _ in range(8)]  # on every loop, each with its cache
    for c in connections:
        equal(c.ask('GET', '/', token=token).status, 200)
    upload = Connection()
    upload.send(request('PUT', '/late', None, token, Content_Length='5') + b'ab')
    subprocess.run(['syncd', 'token', 'rm', ident, '--store', os.environ['SYNC_STORE']], check=True)
    for c in connections:
        equal(c.ask('GET', '/', token=token).status, 401, 'at once, also on a kept connection')
        equal(c.ask('PUT', '/x', b'x', token=token).status, 401)
        equal(c.ask('GET', '/').status, 200, 'credentials belong to a request, not to its connection')
        equal(c.ask('GET', '/', token=None).status, 401)


def early_401():
    """Without credentials no body is waited for, whatever its length; and the answer arrives."""
    for fields, body in (({'Content_Length': '99999999999'}, b''), ({'Content_Length': '99999999999', 'Expect': '100-continue'}, b''),
                         ({'Transfer_Encoding': 'chunked'}, b'5\r\nhello'), ({'Content_Length': '9000000'}, b'x' * 3000000)):
        c, begin = Connection(), time.monotonic()
        try:
            c.send(request('PUT', '/no', None, None, **fields) + body)
        except OSError:
            pass
        equal(c.answer().status, 401, fields)
        check(time.monotonic() - begin < 8, fields)


def other_user():
    """The socket is for root and the owner of the store, even where somebody opened its mode."""
    path = os.environ['SYNC_STORE'] + '/admin.sock'
    equal(oct(os.stat(path).st_mode & 0o777), '0o600')
    equal(oct(os.stat(os.environ['SYNC_STORE']).st_mode & 0o077), '0o0')
    if os.geteuid() != 0:
        return
    os.chmod(path, 0o666)
    os.chmod(os.environ['SYNC_STORE'], 0o711)
    code = f'''
import os, socket
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect({path!r})
s.settimeout(5)
try:
    s.sendall(b"GET /.sync/admin/tokens HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    print("got", s.recv(1000))
except OSError as e:
    print("got", b"")
'''
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    equal(out.stdout.strip(), "got b''", out)
    os.chmod(path, 0o600)
    os.chmod(os.environ['SYNC_STORE'], 0o700)


def guesses(user):
    """Wrong codes by clients that do not wait: nothing heaps up."""
    def state():
        return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{server_pid()}/status').read()).group(1)), len(os.listdir(f'/proc/{server_pid()}/fd'))
    raw = b'POST /.sync/login HTTP/1.1\r\nHost: h\r\nAuthorization: Basic %s\r\nContent-Length: 1\r\n\r\nl' % base64.b64encode(f'{user}:{"0" * 32}'.encode())
    kib, fds = state()
    parts, peak = urlsplit(os.environ['SYNC_URL']), 0
    for i in range(1500):
        s = socket_module.create_connection((parts.hostname, parts.port))
        s.sendall(raw)
        s.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_LINGER, struct.pack('ii', 0, 0))
        s.close()
        peak = max(peak, state()[0]) if i % 100 == 99 else peak
    equal(ask('GET', '/').status, 200)
    end = time.monotonic() + 8
    while state()[1] > fds + 5:
        check(time.monotonic() < end, fds, state())
        time.sleep(0.1)
    if 'asan' not in os.environ['BUILD'] and 'tsan' not in os.environ['BUILD']:
        check(peak - kib < 40000, kib, peak)
    print('guesses', kib, peak, state())


def main():
    user = json.loads(subprocess.run(['syncd', 'token', 'ls', '--json', '--store', os.environ['SYNC_STORE']], check=True,
                                     capture_output=True, text=True).stdout.splitlines()[0])['user']
    revoked()
    early_401()
    other_user()
    guesses(user)
    race(user)


run(main, '--no-tls')
