"""The first start on a terminal: a user named as whoever runs it, and a link that signs in, once."""
import base64, hashlib, os, pty, re, signal, ssl, subprocess, sys

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import Connection


def start(*args):
    """On a terminal of its own; returns the process and our end of the terminal."""
    master, slave = pty.openpty()
    p = subprocess.Popen(['syncd', 'serve', 'store', '--listen', '127.0.0.1:0', *args], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    return p, master


def read_until(master, pattern):
    text = ''
    while not re.search(pattern, text):
        text += os.read(master, 4096).decode()
    return text.replace('\r\n', '\n')


server, master = start()
try:
    text = read_until(master, r'later: .*\n')
    print(text)
    user = subprocess.run(['id', '-un'], capture_output=True, text=True).stdout.strip()
    assert text.index('listening on') < text.index('On any machine, within ten minutes:')
    url, name, code, pin = re.search(r"^  sync login '(https://127\.0\.0\.1:\d+/)#([^:]+):([0-9a-f]{32})~(sha256//\S+=)'$", text, re.M).groups()
    assert name == user and f'(later: syncd invite {user})' in text

    # The pin is the key's: SHA-256 of its SubjectPublicKeyInfo.
    key = subprocess.run(['openssl', 'pkey', '-in', 'store/tls.key', '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout
    assert pin == 'sha256//' + base64.b64encode(hashlib.sha256(key).digest()).decode()

    basic = base64.b64encode(f'{name}:{code}'.encode()).decode()
    answers = []
    for _ in range(2):
        c = Connection(url)
        c.send(f'POST /.sync/login HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\nContent-Length: 8\r\n\r\nann@desk'.encode())
        answers.append(c.answer('POST'))
    assert [a.status for a in answers] == [200, 401]
    c = Connection(url)
    c.send(b'PUT /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1\r\n\r\na' % answers[0].body.strip())
    assert c.answer('PUT').status == 201
    c.sock.close()
    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0

    # There is a user now: the second start offers nothing.  With an address of its own the link would name that.
    server, master = start('--log-level', 'info')
    text = read_until(master, r'listening on \S+\s')
    server.send_signal(signal.SIGINT)
    text += read_until(master, r'stopped\s')
    assert server.wait(10) == 0
    assert 'sync login' not in text
    open('syncd.conf', 'w').write('public-url = https://files.example.org\nstore = %s/second\n' % os.getcwd())
    server = subprocess.Popen(['syncd', 'serve', '--config', 'syncd.conf', '--listen', '127.0.0.1:0'], stderr=(pair := pty.openpty())[1])
    text = read_until(pair[0], r'later: .*\n')
    assert f"'https://files.example.org/#{user}:" in text
    server.terminate()
    assert server.wait(10) == 0
finally:
    if server.poll() is None:
        server.kill()
