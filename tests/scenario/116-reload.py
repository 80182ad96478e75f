"""reload and SIGHUP under load: no request fails and no connection is cut; a config or certificate with a mistake changes nothing."""
import os, re, signal, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

ORIGIN = 'https://app.example'


def make_pair(name):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                    '-keyout', f'{name}.key', '-out', f'{name}.crt'], check=True, capture_output=True)
    return hashlib.sha256(subprocess.run(['openssl', 'x509', '-in', f'{name}.crt', '-outform', 'DER'], check=True, capture_output=True).stdout).hexdigest()


def configure(pair='one', *lines):
    with open('syncd.conf.new', 'w') as f:
        f.write('\n'.join([f'tls-cert = {os.getcwd()}/{pair}.crt', f'tls-key = {os.getcwd()}/{pair}.key', 'listen = 127.0.0.1:0', *lines, '']))
    os.rename('syncd.conf.new', 'syncd.conf')


def reload(status=0, says=''):
    p = subprocess.run(['syncd', 'reload', '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, status, p.stderr)
    check(says in p.stderr, p.stderr)


def log():
    return open('server.log').read()


def seen_key(line):
    return hashlib.sha256(line.sock.getpeercert(binary_form=True)).hexdigest()


def show():
    out = subprocess.run(['syncd', 'config', 'show', '--json', '--store', 'store'], check=True, capture_output=True, text=True).stdout
    return {v['key']: v['value'] for v in map(json.loads, out.splitlines())}


def status():
    return json.loads(subprocess.run(['syncd', 'status', '--json', '--store', 'store'], check=True, capture_output=True, text=True).stdout)


class Client(threading.Thread):
    def __init__(self, url, token, number, stop):
        super().__init__()
        self.url, self.token, self.number, self.stop, self.count, self.error = url, token, number, stop, 0, None

    def run(self):
        try:
            kept = Connection(self.url)
            while not self.stop.is_set():
                body = b'%d' % self.count
                check(kept.ask('PUT', f'/c{self.number}', body, token=self.token).status in (201, 204))
                line = Connection(self.url)
                equal(line.ask('GET', f'/c{self.number}', token=self.token).body, body)
                line.close()
                self.count += 1
        except Exception as e:
            self.error = e


def main(server, url, token, first, second):
    old = Connection(url)
    equal(seen_key(old), first)
    stop = threading.Event()
    clients = [Client(url, token, i, stop) for i in range(4)]
    for c in clients:
        c.start()
    upload = Connection(url)
    upload.send(b'PUT /slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\n' % token.encode() + b'x' * 1000)

    # The other certificate for those who come from now on; who is there keeps his connection.
    configure('two')
    reload()
    equal(seen_key(Connection(url)), second)
    equal((seen_key(old), old.ask('GET', '/.sync/healthz', token=None).status), (first, 200))
    for i in range(20):
        configure(('one', 'two')[i % 2], f'idle-timeout = {60 + i}s')
        reload()
        equal(seen_key(Connection(url)), (first, second)[i % 2])
    configure('one')
    before = log().count('\nreload')
    server.send_signal(signal.SIGHUP)
    while log().count('\nreload') == before:
        time.sleep(0.01)
    equal(seen_key(Connection(url)), first)

    # A mistake: said with file and line, and the old one stays, whatever the mistake is.
    configure('one', 'max-upload = 1000', 'idle-timeot = 3s')
    reload(2, 'syncd.conf:5: unknown key "idle-timeot"; did you mean idle-timeout?')
    configure('one', 'max-upload = much')
    reload(2, 'syncd.conf:4')
    configure('one', 'proxy-protocol = 127.0.0.1:9')
    reload(2, 'proxy-protocol')
    open('broken.crt', 'w').write('no certificate\n')
    os.link('one.key', 'broken.key')
    configure('broken')
    reload(2, 'broken.crt')
    os.link('one.crt', 'mixed.crt')
    os.link('two.key', 'mixed.key')
    configure('mixed')
    reload(2, 'mixed.key')
    configure('missing')
    reload(2, 'missing.crt')
    os.rename('syncd.conf', 'away')
    reload(2, 'syncd.conf')
    while (before := log().count('refuse reload')) < 7: # a thread of its own writes the log
        time.sleep(0.01)
    check(before == 7, before)
    server.send_signal(signal.SIGHUP)
    while log().count('refuse reload') == before:
        time.sleep(0.01)
    check('unknown key' in log() and 'error: refuse reload' in log())
    equal(seen_key(Connection(url)), first)
    equal(ask_at(url, 'PUT', '/over', token, b'x' * 2000).status, 201)
    equal(show()['idle-timeout'], '75s')

    stop.set()
    for c in clients:
        c.join()
        equal(c.error, None)
        check(c.count > 10, c.count)
    upload.send(b'x' * 99000)
    equal(upload.answer('PUT').status, 201)
    equal(old.ask('GET', '/.sync/healthz', token=None).status, 200)

    # What the new one says holds for the connections that are there, too.
    configure('one', 'max-upload = 1000', f'cors-allow = {ORIGIN}', 'trusted-proxy = 127.0.0.1', 'log-level = warning', 'max-queued = 100')
    reload()
    equal(status()['max_queued'], 100)
    equal(old.ask('PUT', '/over', b'x' * 2000, token=token).status, 413)
    equal(old.ask('GET', '/', token=token, Origin=ORIGIN)['access-control-allow-origin'], ORIGIN)
    equal(old.ask('GET', '/', token=token, X_Forwarded_For='192.0.2.6').status, 200)
    configure('one', 'idle-timeout = 1s', 'trusted-proxy = 127.0.0.1')
    reload()
    equal(old.ask('GET', '/', token=token, X_Forwarded_For='192.0.2.7')['access-control-allow-origin'], None)
    while 'peer=192.0.2.7' not in log():
        time.sleep(0.01)
    check('peer=192.0.2.6' not in log(), 'the level warning is quiet')
    old.sock.settimeout(10)
    check(old.at_eof(), 'the new deadline holds for an old connection')
    equal(status()['max_queued'], 4096)

    # What cannot be taken is named.
    configure('one', 'loops = 3', 'workers = 3')
    reload(0, 'a restart is needed for loops, workers')
    configure('one', 'max-connections = 3')
    reload()
    equal(status()['max_connections'], 3)
    configure('one', 'public-url = https://files.example.org/')
    reload()
    link = subprocess.run(['syncd', 'invite', 'ann', '--store', 'store'], check=True, capture_output=True, text=True).stdout
    check(link.startswith('https://files.example.org/#ann:'), link)


def ask_at(url, method, path, token, body=None):
    line = Connection(url)
    answer = line.ask(method, path, body, token=token)
    line.close()
    return answer


first, second = make_pair('one'), make_pair('two')
configure()
server = subprocess.Popen(['syncd', 'serve', 'store', '--config', 'syncd.conf'], stderr=open('server.log', 'w'), stdin=subprocess.DEVNULL)
try:
    while not (found := re.search(r'listening on (\S+)', log())):
        check(server.poll() is None, log())
        time.sleep(0.02)
    token = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', 'store'], check=True, capture_output=True, text=True).stdout.strip()
    main(server, found.group(1), token, first, second)
    server.terminate()
    equal(server.wait(10), 0)
    p = subprocess.run(['syncd', 'reload', '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, 1)
    check('no server runs' in p.stderr, p.stderr)
finally:
    if server.poll() is None:
        server.kill()
