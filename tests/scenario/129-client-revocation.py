"""client-crl: who shows a certificate that its authority has revoked gets no connection, and one that he has answers nothing more
after a reload; a list that is broken changes nothing, one whose time has run out lets nobody in.  The lists are made by `openssl ca`."""
import os, re, signal, ssl, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
SIZE = 16 << 20


def openssl(*args):
    return subprocess.run(['openssl', *args], check=True, capture_output=True, text=True).stdout


class Authority:
    def __init__(self, name, parent=None):
        self.name = name
        os.mkdir(name)
        with open(f'{name}/ca.conf', 'w') as f:
            f.write(f'[ca]\ndefault_ca = it\n[it]\ndatabase = {name}/index\nnew_certs_dir = {name}\nserial = {name}/serial\n'
                    f'crlnumber = {name}/crlnumber\ncertificate = {name}/ca.crt\nprivate_key = {name}/ca.key\ndefault_md = sha256\n'
                    'default_days = 2\ndefault_crl_days = 2\npolicy = any\nx509_extensions = client\nunique_subject = no\n[any]\ncommonName = supplied\n'
                    '[client]\nextendedKeyUsage = clientAuth\n[between]\nbasicConstraints = critical,CA:TRUE\n'
                    'keyUsage = critical,keyCertSign,cRLSign\n')
        open(f'{name}/index', 'w').close()
        for count in ('serial', 'crlnumber'):
            open(f'{name}/{count}', 'w').write('01\n')
        if parent:
            openssl('req', *KEY, '-subj', f'/CN={name}', '-keyout', f'{name}/ca.key', '-out', f'{name}/ca.csr')
            parent.ca('-in', f'{name}/ca.csr', '-out', f'{name}/ca.crt', '-notext', '-batch', '-extensions', 'between')
        else:
            openssl('req', '-x509', *KEY, '-days', '2', '-subj', f'/CN={name}', '-keyout', f'{name}/ca.key', '-out', f'{name}/ca.crt')

    def ca(self, *args):
        return openssl('ca', '-config', f'{self.name}/ca.conf', *args)

    def certify(self, user, chain=''):
        openssl('req', *KEY, '-subj', f'/CN={user}', '-keyout', f'{user}.key', '-out', f'{user}.csr')
        self.ca('-in', f'{user}.csr', '-out', f'{user}.leaf', '-notext', '-batch')
        open(f'{user}.crt', 'w').write(open(f'{user}.leaf').read() + chain)

    def revoke(self, file):
        self.ca('-revoke', file)

    def list(self, *times):
        return self.ca('-gencrl', *times)


def publish(*lists):
    with open('crl.new', 'w') as f:
        f.write(''.join(lists))
    os.rename('crl.new', 'crl.pem')


def syncd(*args, status=0, says=''):
    p = subprocess.run(['syncd', *args, '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, status, p.stderr)
    check(says in p.stderr, p.stderr)
    return p.stdout.strip()


def curl(user, *args):
    """The status; '000': no connection."""
    return subprocess.run(['curl', '-sk', '-o', 'body', '-w', '%{http_code}', '--cert', f'{user}.crt', '--key', f'{user}.key', *args, URL],
                          capture_output=True, text=True).stdout


class Kept(Connection):
    """A connection that has shown a certificate."""
    def __init__(self, user, version=ssl.TLSVersion.TLSv1_3, session=None):
        super().__init__(URL.replace('https', 'http'))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        if session:
            context = session[0]
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = version
            context.load_cert_chain(f'{user}.crt', f'{user}.key')
        self.context = context
        self.sock = context.wrap_socket(self.sock, suppress_ragged_eofs=True, session=session[1] if session else None)

    def again(self):
        """Another connection, which takes up this one's session if the server lets it."""
        return Kept(None, session=(self.context, self.sock.session))

    def get(self, path='/', **fields):
        return self.ask('GET', path, token=None, **fields).status

    def is_over(self):
        try:
            self.send(request('GET', '/', token=None))
        except OSError:
            pass
        return self.at_eof()


def logged(pattern):
    while not re.search(pattern, open('server.log').read()):
        time.sleep(0.02)


def revoked_while_in_use(root):
    large = os.urandom(1 << 20) * (SIZE >> 20)
    equal(Kept('ann').ask('PUT', '/large', large, token=None).status, 201)
    idle, other, old_tls = Kept('ann'), Kept('bea'), Kept('ann', ssl.TLSVersion.TLSv1_2)
    for line in (idle, other, old_tls):
        equal(line.get(), 200)
    reading, upload, events = Kept('ann'), Kept('ann'), Kept('ann')
    reading.send(request('GET', '/large', token=None))
    upload.send(b'PUT /new HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n' + b'x' * 100000)
    events.send(request('GET', '/.sync/events', token=None))
    for line in (reading, events):
        while b'\r\n\r\n' not in line.seen:
            line.more()
    for line in (idle, old_tls):
        again = line.again()
        equal((again.get(), again.sock.session_reused), (200, False), 'a session outlives its proof')
    token = syncd('token', 'add', 'ann')
    with_token = Kept('ann')
    equal(with_token.get(Authorization=f'Bearer {token}'), 200)

    root.revoke('ann.leaf')
    publish(root.list())
    equal(curl('ann'), '200', 'not before the reload')
    syncd('reload')
    equal((curl('ann'), curl('bea')), ('000', '200'))
    logged(r'refuse certificate="[^"]*CN=ann" reason="certificate revoked"')
    check(idle.is_over() and old_tls.is_over() and with_token.is_over(), 'an old connection goes on')
    logged(r'cut peer=127\.0\.0\.1 reason="its certificate')
    equal((other.get(), ask_with(token)), (200, 200), 'others, and he himself by other means')
    # What was under way is cut: a download has the file's end missing, an upload was not stored.
    try:
        upload.send(b'x' * 100000)
    except OSError:
        pass
    check(upload.at_eof(), 'an upload got an answer')
    equal(Kept('bea').get('/new'), 404)
    count = 0
    try:
        while data := reading.sock.recv(1 << 20):
            count += len(data)
    except OSError:
        pass
    check(count < SIZE, count)
    equal(Kept('bea').ask('PUT', '/news', b'x', token=None).status, 201)
    try:
        while events.sock.recv(65536):
            pass
    except OSError:
        pass


class Client(threading.Thread):
    """Asks without end, on one kept connection, a new one when that was cut; notes when each request began and what came of it."""
    def __init__(self, user, stop):
        super().__init__()
        self.user, self.stop, self.seen = user, stop, []

    def run(self):
        line, n = None, 0
        while not self.stop.is_set():
            began, n = time.monotonic(), n + 1
            try:
                line = line or Kept(self.user)
                self.seen.append((began, line.get() if n % 4 else line.ask('PUT', f'/load-{self.user}', b'x', token=None).status))
            except (OSError, EOFError):
                line = None
                self.seen.append((began, 'cut'))


def under_load(root):
    """What begins after the reload has returned has no answer; and nothing of others is touched by it."""
    for user in ('dan', 'eve'):
        root.certify(user)
        syncd('user', 'add', user, '--rights', 'write:/')
    stop = threading.Event()
    clients = [Client(('dan', 'eve')[i % 2], stop) for i in range(6)]
    for c in clients:
        c.start()

    def more(n):
        counts, end = [len(c.seen) for c in clients], time.monotonic() + 60
        while any(len(c.seen) < before + n for c, before in zip(clients, counts)):
            check(time.monotonic() < end, 'no load')
            time.sleep(0.02)

    more(40)
    root.revoke('dan.leaf')
    publish(root.list())
    syncd('reload')
    at = time.monotonic()
    more(20)
    for _ in range(5):
        syncd('reload')
        more(5)
    stop.set()
    for c in clients:
        c.join()
        if c.user == 'eve':
            check({s for _, s in c.seen} <= {200, 201, 204}, c.seen)
        else:
            check({s for t, s in c.seen if t < at} & {200}, 'there was load')
            equal({s for t, s in c.seen if t > at}, {'cut'})


def ask_with(token):
    line = Connection(URL)
    return line.ask('GET', '/', token=token).status


def broken_lists(root):
    good = open('crl.pem').read()
    other = Authority('other').list()
    forged = Authority('forged')
    openssl('req', '-x509', '-key', 'forged/ca.key', '-days', '2', '-subj', '/CN=root', '-out', 'forged/ca.crt')
    lines = good.splitlines(keepends=True)
    for text, why in ((other, 'no list of /CN=root'), ('', 'crl.pem'), ('nonsense\n', 'crl.pem'), (good + ''.join(lines[:-2]), 'crl.pem'),
                      (forged.list(), 'not signed by /CN=root'), (open('root/ca.crt').read(), 'crl.pem')):
        publish(text)
        syncd('reload', status=2, says=why)
        equal((curl('ann'), curl('bea')), ('000', '200'), text)
        equal(subprocess.run(['syncd', 'config', 'check', 'syncd.conf'], capture_output=True).returncode, 2, text)
    os.remove('crl.pem')
    syncd('reload', status=2, says='crl.pem')
    publish(good)
    syncd('reload')
    open('no-ca.conf', 'w').write('client-crl = crl.pem\n')
    p = subprocess.run(['syncd', 'config', 'check', 'no-ca.conf'], capture_output=True, text=True)
    check(p.returncode == 2 and 'client-ca' in p.stderr, p)


def expired_list(root):
    publish(root.list('-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z'))
    line = Kept('bea')
    p = subprocess.run(['syncd', 'config', 'check', 'syncd.conf'], capture_output=True, text=True)
    check(p.returncode == 0 and 'expired' in p.stderr, p)
    syncd('reload')
    logged(r'warning: find client_crl="crl.pem" issuer="/CN=root" reason="it has expired')
    equal(curl('bea'), '000')
    logged(r'warning: refuse certificates reason="CRL has expired" help="renew')
    check(line.is_over(), 'it goes on')
    # By the signal, too.
    publish(root.list())
    server.send_signal(signal.SIGHUP)
    while curl('bea') != '200':
        time.sleep(0.05)


def authority_between(root):
    between = Authority('between', root)
    between.certify('cyd', chain=open('between/ca.crt').read())
    equal(curl('cyd'), '000', 'no list of the one between')
    publish(root.list(), between.list())
    syncd('reload')
    equal((curl('cyd'), curl('bea')), ('200', '200'))
    line = Kept('cyd')
    equal(line.get(), 200)
    syncd('reload')
    equal(line.get(), 200, 'with what is between')
    root.revoke('between/ca.crt')
    publish(root.list(), between.list())
    syncd('reload')
    equal((curl('cyd'), curl('bea')), ('000', '200'))
    check(line.is_over(), 'it goes on')


def without_authority():
    line = Kept('bea')
    equal(line.get(), 200)
    open('syncd.conf', 'w').write('listen = 127.0.0.1:0\n')
    syncd('reload')
    check(line.is_over(), 'its authority is none any more')
    equal(curl('bea'), '401')


root = Authority('root')
for user in ('ann', 'bea'):
    root.certify(user)
publish(root.list())
open('syncd.conf', 'w').write('client-ca = root/ca.crt\nclient-crl = crl.pem\nlisten = 127.0.0.1:0\n')
subprocess.run(['syncd', 'config', 'check', 'syncd.conf'], check=True)
server = subprocess.Popen(['syncd', 'serve', 'store', '--config', 'syncd.conf'], stderr=open('server.log', 'w'), stdin=subprocess.DEVNULL)
try:
    while not (found := re.search(r'listening on (\S+)', open('server.log').read())):
        check(server.poll() is None, open('server.log').read())
        time.sleep(0.02)
    URL = found.group(1)
    for user in ('ann', 'bea', 'cyd'):
        syncd('user', 'add', user, '--rights', 'write:/')
    equal((curl('ann'), curl('bea'), curl('ann', '--tls-max', '1.2')), ('200', '200', '200'))
    revoked_while_in_use(root)
    under_load(root)
    broken_lists(root)
    expired_list(root)
    authority_between(root)
    without_authority()
    server.terminate()
    equal(server.wait(10), 0)
finally:
    if server.poll() is None:
        server.kill()
