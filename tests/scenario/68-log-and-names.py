"""What a stranger may choose ends in answers and in the log: one line an event, nothing split, no secret at any level; and
every way to write a name means that name or nothing (threats 12, 14-19, 22)."""
import base64, os, re, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

AUDIT = []
STORE, LOG = os.path.abspath('store'), os.path.abspath('log')
GOOD = re.compile(r'^(error: |warning: )?[a-z_]+( [a-z_]+=("([^"\\]|\\.)*"|[^ "]*))*$')


def raw_path(path):
    c = Connection()
    c.send(b'PUT ' + path + b' HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ' + os.environ['SYNC_TOKEN'].encode() + b'\r\nContent-Length: 1\r\n\r\nx')
    return c.answer()


def names():
    c = Connection()
    for path in ('/d', '/d/e'):
        equal(c.ask('MKCOL', path).status, 201)
    refused = [b'/d/..', b'/d/../x', b'/..', b'/.', b'/d/.', b'/./x', b'/%2e%2e/x', b'/%2e/x', b'/d/%2E%2e', b'/.%2e/x', b'/d%2fx', b'/d%2Fx', b'/%2f', b'/%2fetc%2fpasswd',
               b'/%00', b'/x%00y', b'/x%0ay', b'/x%0d%0aSet-Cookie:%20a', b'/x%1f', b'/%7f', b'/%c2%85', b'/%80', b'/%ff', b'/%c0%af', b'/%c0%ae%c0%ae/x', b'/%e0%80%af', b'/%f0%80%80%af',
               b'/%ed%a0%80', b'/%f4%90%80%80', b'/%f8%88%80%80%80', b'/%c3', b'/%', b'/%4', b'/%zz', b'/%u0041', b'/%-1', b'/x%', b'/%25%', b'/\xff', b'/\xc0\xaf', b'/\xed\xa0\x80',
               b'/' + b'n' * 256, b'/' + b'%c3%a4' * 128, b'/d' * 300, b'/' + b'x/' * 2000]
    for path in refused:
        a = raw_path(path)
        check(a.status in (400, 404, 414), path[:40], a.status)
        check(a['set-cookie'] is None and b'Set-Cookie' not in a.body, a)
    before = ask('GET', '/').body
    equal([line.split()[3] for line in before.decode().splitlines()], ['d/'], 'nothing was made')
    made = [(b'/n' + b'n' * 254, 201), (b'/' + b'%c3%a4' * 127, 201), ('/ü'.encode(), 201), (b'/u%CC%88', 204), (b'/%c3%bc', 204), (b'//u%cc%88', 204), (b'/%252e%252e', 201), (b'/...', 201), (b'/..x', 201),
            (b'/d//e///f', 201), (b'/d/e/f', 204), (b'/%64/%65/f', 204), (b'/a+b', 201), (b'/a%20b', 201), (b'/a%2Bb', 204), (b'/c:%5cx', 201), (b'/-rf', 201), (b'/~root', 201), (b'/.htaccess', 201), (b'/%3Cscript%3E', 201),
            (b'/*', 201), (b'/con', 201), (b'/%f0%9f%98%80', 201), (b'/;x=y', 201), (b'/%3bx=y', 204), (b'/%23', 201), (b'/%3f', 201)]
    for path, status in made:
        equal(raw_path(path).status, status, path[:40])
    deep = ''
    for i in range(256):
        a = c.ask('MKCOL', deep + '/q')
        if a.status != 201:
            break
        deep += '/q'
    check(i > 60 and a.status == 414 or i == 255, i, a.status)
    begin = time.monotonic()
    equal(c.ask('PUT', deep + '/f', b'x').status in (201, 414), True)
    equal(c.ask('GET', deep + '/').status, 200)
    equal(c.ask('DELETE', '/q').status, 204)
    check(time.monotonic() - begin < 8)
    # Content-Location of a strange name is a legal field.
    c.ask('MKCOL', '/%3Cx%3E%20%22y%22')
    equal(c.ask('GET', '/%3Cx%3E%20%22y%22')['content-location'], '/%3Cx%3E%20%22y%22/')


def secrets():
    """Every way in which a token or code travels."""
    token = os.environ['SYNC_TOKEN']
    basic = base64.b64encode(f'ann:{token}'.encode()).decode()
    equal(ask('GET', '/d/', token=None, Authorization='Basic ' + basic).status, 200)
    ask('GET', '/d/', token=None, Authorization='Bearer ' + token + 'x')
    ask('GET', '/d/', token=None, Authorization='Basic ' + basic[:-2])
    ask('GET', '/d/?token=' + token, token=None)
    ask('GET', '/d/?access_token=' + token, token=None, Cookie='t=' + token, X_Token=token)
    ask('PUT', '/d/?token=' + token, b'x')
    ask('POST', '/.sync/login', b'label', token=None, Authorization='Basic ' + base64.b64encode(b'ann:' + b'c0de' * 8).decode())
    c = Connection()
    c.send(b'GET /d/ HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ' + token.encode() + b'\r\nBad Field: ' + token.encode() + b'\r\n\r\n')
    equal(c.answer().status, 400)
    c = Connection()
    c.send(b'BREW /d/ HTTP/1.1\r\nHost: h\r\nUser-Agent: a" b=c\x1b[2J\r\n\r\n')
    c.close()
    return token, basic, 'c0de' * 8


def forged():
    for path in (b'/a%22%20status=200%20user=root', b'/a\xe2\x80\xa8b', b'/%22', b'/%5c', b'/%5c%22', b'/' + b'%22' * 255, b'/' + b'%5c' * 255, b'/' + b'\xf0\x9f\x98\x80' * 60):
        raw_path(path)
    for method in ('A' * 20, 'A' * 200, "X'Y", 'A%0a', '!#$%&*+-.^_`|~'):
        check(ask(method, '/d/').status in (400, 501), method)


def audit():
    """The line of a change says its number, and the contents before and after; that of a read or a refusal does not."""
    line = Connection()  # one loop, one order in the log
    one, two = etag(b'one').strip('"'), etag(b'two').strip('"')
    for method, path, body, fields, said in (
            ('PUT', '/audit', b'one', {}, f'after={one}'), ('PUT', '/audit', b'two', {}, f'before={one} after={two}'), ('GET', '/audit', None, {}, None),
            ('PUT', '/audit', b'three', {'If_Match': '"x"'}, None), ('COPY', '/audit', None, {'Destination': '/au%20dit'}, f'to="/au dit" after={two}'),
            ('MOVE', '/audit', None, {'Destination': '/moved'}, f'to="/moved" after={two}'), ('DELETE', '/moved', None, {}, f'before={two}'),
            ('DELETE', '/moved', None, {}, None)):
        check(line.ask(method, path, body, **fields).status < 500)
        AUDIT.append((method, path, said))


def main():
    names()
    audit()
    forged()
    return secrets()


for level in ('debug', 'info'):
    with open('config', 'w') as f:
        f.write(f'log-level = {level}\n')
    with open(LOG, 'wb') as log:
        p = subprocess.Popen(['syncd', 'serve', STORE + level, '--listen', '127.0.0.1:0', '--config', 'config'], stderr=log)
    try:
        end = time.monotonic() + 10
        while b'listening on' not in open(LOG, 'rb').read():
            check(time.monotonic() < end, 'the server did not start')
            time.sleep(0.05)
        os.environ['SYNC_URL'] = re.search(r'listening on (\S+)', open(LOG).read()).group(1)
        os.environ['SYNC_TOKEN'] = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', STORE + level], check=True, capture_output=True, text=True).stdout.strip()
        kept = main()
    finally:
        p.terminate()
        equal(p.wait(15), 0)
    text = open(LOG, encoding='utf-8').read()  # UTF-8, or this raises
    for secret in kept:
        check(secret not in text and secret[-20:] not in text, level, 'a secret in the log')
    # What is said to people when it starts, wherever it comes among the lines of the log, which a thread of its own writes.
    for line in text.split('\n')[:-1]:
        if not re.match(r'nobody can sign in yet|syncd \S+: store ', line):
            check(GOOD.match(line), line)
        check(not re.search(r'[\x00-\x1f\x7f-\x9f\u2028]', line), repr(line))
    check(text.count('request id=') > 100)
    lines = [line for line in text.split('\n') if re.search(r'path="/(audit|moved)"', line)]
    equal(len(lines), len(AUDIT))
    for line, (method, path, said) in zip(lines, AUDIT):
        check(f'method={method} path="{path}"' in line and 'user="ann"' in line, line)
        check(re.search(r' change=[0-9]+ ' + re.escape(said) + '$', line) if said else ' change=' not in line, line, said)
    AUDIT.clear()
