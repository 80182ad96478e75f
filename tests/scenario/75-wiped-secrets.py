"""What a request brought of secrets is wiped: the memory of a real server (/proc/PID/mem, as in a core file) holds no password, no token
and no login code of requests that are over, nor their base64; while one is under way it does, or the search would find nothing."""
import base64, os, re, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')


def secret():
    return os.urandom(12).hex()


def syncd(*args, **kw):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True, **kw).stdout.strip()


def basic(user, word):
    return 'Basic ' + base64.b64encode(f'{user}:{word}'.encode()).decode()


def found(words):
    """Those of them that are somewhere in the server's memory; with where, and what is around them."""
    patterns = re.compile(b'|'.join(re.escape(w.encode()) for w in words))
    hits = set()
    with open(f'/proc/{server_pid()}/maps') as maps, open(f'/proc/{server_pid()}/mem', 'rb', 0) as mem:
        for line in maps:
            first, last, flags, what = re.match(r'(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)', line).groups()
            if not flags.startswith('rw') or what.startswith('[v'):
                continue
            mem.seek(int(first, 16))
            try:
                data = mem.read(int(last, 16) - int(first, 16))
            except OSError:
                continue  # unmapped meanwhile
            for m in patterns.finditer(data):
                hits.add((m.group().decode(), what, bytes(data[max(0, m.start() - 60):m.end() + 60])))
    return hits


def gone(secrets):
    """An answer may be here before its request is at its end there."""
    end = time.monotonic() + 60
    while left := found(secrets):
        check(time.monotonic() < end, 'left in memory', left)
        time.sleep(0.1)


def of_request(secrets, method, path, authorization, body=b'', status=None, line=None, **fields):
    """Asks; what of `authorization` and of the body is not to stay."""
    secrets |= {authorization.split()[-1], authorization.split()[-1][4:-4]}
    a = (line or Connection()).ask(method, path, body, token=None, Authorization=authorization, **fields)
    if status:
        equal(a.status, status, a)
    gone(secrets)
    return a


def main():
    try:
        open(f'/proc/{server_pid()}/mem', 'rb').close()
    except PermissionError:
        print('the memory of another process cannot be read here')
        sys.exit(77)
    link = syncd('invite', 'ann', '--rights', 'write:/')
    code = re.search(r'#ann:([0-9a-f]{32})', link).group(1)
    gone({open(STORE + '/tls.key').read().split('\n')[1]})
    kept, wrong, near, changed, broken = (secret() for _ in range(5))
    secrets = {code, kept, wrong, near, changed, broken}
    syncd('user', 'passwd', 'ann', input=kept + '\n')

    line = Connection()
    token = of_request(secrets, 'POST', '/.sync/login', basic('ann', code), b'ann@desk', 200).body.decode().strip()
    secrets.add(token)
    gone(secrets)
    of_request(secrets, 'GET', '/', basic('ann', kept), status=200)
    of_request(secrets, 'GET', '/', basic('ann', kept), status=200, line=line)
    of_request(secrets, 'PUT', '/a', basic('ann', kept), b'x' * 300000, 201, line=line)
    of_request(secrets, 'PROPFIND', '/', basic('ann', kept), b'<propfind xmlns="DAV:"><allprop/></propfind>', 207, line=line, Depth='1')
    of_request(secrets, 'GET', '/', basic('ann', token), status=200)
    of_request(secrets, 'GET', '/', 'Bearer ' + token, status=200, line=line)
    of_request(secrets, 'GET', '/', basic('ann', wrong), status=401)
    of_request(secrets, 'GET', '/', basic('nobody', near), status=401)
    of_request(secrets, 'GET', '/', 'Digest ' + secret(), status=401)
    of_request(secrets, 'GET', '/', basic('ann', broken) + '!', status=401)
    of_request(secrets, 'GET', '/', 'Bearer ' + secret() + '/../broken', status=401)
    syncd('user', 'passwd', 'ann', input=changed + '\n')
    made = syncd('token', 'add', 'ann')
    invited = re.search(r'#ann:([0-9a-f]{32})', syncd('invite', 'ann')).group(1)
    secrets |= {made, invited}
    gone(secrets)

    # A head in two pieces, one that is refused, one that never ends, two at once.
    words = [secret() for _ in range(6)]
    secrets |= set(words)
    data = request('GET', '/', None, 'xx' + words[0])
    line.send(data[:-30])
    line.send(data[-30:])
    equal(line.answer().status, 401)
    gone(secrets)
    cut = Connection()
    cut.send(b'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' + words[1].encode() + b'\r\nbro ken\r\n\r\n')
    equal(cut.answer().status, 400)
    cut.close()
    gone(secrets)
    cut = Connection()
    cut.send(b'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' + words[2].encode() + b'\r\n')
    cut.close()
    line.send(request('GET', '/', None, words[3]) + request('GET', '/', None, words[4]))
    equal([line.answer().status for _ in range(2)], [401, 401])

    # Under way it is there: the search can find.
    held = Connection()
    held.send(request('PUT', '/held', b'x' * 100000, token)[:-50000])
    for _ in range(600):
        if {h[0] for h in found({token})}:
            break
        time.sleep(0.05)
    equal({h[0] for h in found({token})}, {token})
    held.send(b'x' * 50000)
    equal(held.answer('PUT').status, 201)
    held.close()
    gone(secrets)


if 'san' in os.environ['BUILD']:
    print('a sanitizer keeps terabytes of its own in the memory that is searched')
    sys.exit(77)
# A process that cannot be dumped shows its memory to root alone.
run(main, *([] if os.geteuid() == 0 else ['--sandbox', 'no']))
