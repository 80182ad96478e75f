"""No token, code or password in a log, an error, a listing, the store or on a command line; also not of those that are wrong."""
import base64, glob, os, re, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

PASSWORD, WRONG = 'correct-horse-4711', 'wrong-horse-0815'


def syncd(*args, **kw):
    return subprocess.run(['syncd', *args, '--store', 'store'], check=True, capture_output=True, text=True, **kw)


def basic(user, secret):
    return 'Basic ' + base64.b64encode(f'{user}:{secret}'.encode()).decode()


def main(server, url):
    texts = []
    keep = lambda p: texts.append(p.stdout + p.stderr)
    secrets = {PASSWORD, WRONG}
    link = syncd('invite', 'ann').stdout.strip()
    code = re.search(r'#ann:([0-9a-f]{32})', link).group(1)
    token = syncd('token', 'add', 'ann', '--label', 'ann@desk').stdout.strip()
    near = token[:-1] + ('0' if token[-1] != '0' else '1')
    secrets |= {code, token, near}
    keep(syncd('user', 'passwd', 'ann', input=PASSWORD + '\n'))

    def ask_at(method, path, body=None, **fields):
        line = Connection(url)
        answer = line.ask(method, path, body, token=None, **fields)
        line.close()
        texts.append(repr(answer.headers) + (answer.body.decode('latin-1') if path != '/.sync/login' or answer.status != 200 else ''))
        return answer

    fields = [{'Authorization': a} for a in (basic('ann', PASSWORD), basic('ann', token), 'Bearer ' + token, basic('ann', WRONG), basic('eve', WRONG), basic('ann', near), 'Bearer ' + near,
                                             'Bearer ' + PASSWORD, basic('ann', code), 'Basic ' + token, 'Digest ' + token, token)]
    for f in fields:
        for method, path in (('GET', '/'), ('PUT', '/f'), ('PROPFIND', '/none'), ('DELETE', '/none'), ('GET', '/.sync/login'), ('GET', '/.sync/admin/users')):
            ask_at(method, path, b'x' if method == 'PUT' else b'', **f)
            secrets.add(f['Authorization'].split()[-1])
    for wrong in (code[:-1] + 'x', code):
        answer = ask_at('POST', '/.sync/login', b'ann@desk', Authorization=basic('ann', wrong))
    equal(answer.status, 200)
    secrets |= {answer.body.decode().strip(), basic('ann', code).split()[1]}
    ask_at('POST', '/.sync/login', b'ann@desk', Authorization=basic('ann', code))

    # Malformed around a secret; errors of the commands; what they show.
    line = Connection(url)
    line.send(f'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nbroken line {near}\r\n\r\n'.encode())
    texts.append(repr(line.answer()))
    line.close()
    for args, text in ((['user', 'passwd', 'eve'], PASSWORD), (['user', 'passwd', 'ann'], PASSWORD * 30), (['user', 'passwd', 'ann'], token)):
        p = subprocess.run(['syncd', *args, '--store', 'store'], input=text + '\n', capture_output=True, text=True)
        check(p.returncode != 0)
        keep(p)
    for args in (['user', 'ls'], ['user', 'ls', '--json'], ['token', 'ls'], ['token', 'ls', '--json'], ['status'], ['status', '--json'], ['config', 'show'], ['reload']):
        keep(syncd(*args))
    texts.append(open(f'/proc/{server.pid}/cmdline').read() + open(f'/proc/{server.pid}/environ').read())
    server.terminate()
    equal(server.wait(10), 0)
    texts.append(open('server.log').read())
    check('status=401' in texts[-1] and 'user="ann"' in texts[-1], 'there was something to be found')
    for name in glob.glob('store/**', recursive=True):
        if os.path.isfile(name):
            texts.append(open(name, 'rb').read().decode('latin-1'))
    for secret in secrets - {'x'}:
        for text in texts:
            check(secret not in text, secret, text[max(text.find(secret) - 200, 0):][:400])
    check(any('$y$' in t for t in texts), 'the password is kept as a hash, and only that')


os.environ.pop('SYNC_TOKEN', None)
server = subprocess.Popen(['syncd', 'serve', 'store', '--listen', '127.0.0.1:0', '--log-level', 'debug'], stderr=open('server.log', 'w'), stdin=subprocess.DEVNULL)
try:
    while not (found := re.search(r'listening on (\S+)', open('server.log').read())):
        check(server.poll() is None)
        time.sleep(0.02)
    main(server, found.group(1))
finally:
    if server.poll() is None:
        server.kill()
