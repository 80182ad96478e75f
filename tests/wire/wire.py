"""What the wire tests share: the echo server, raw connections, a reader of answers.  Standard library only."""
import atexit, hashlib, os, select, signal, socket, ssl, subprocess, sys, time

H = 'Host: x\r\n'
failed = []


def check(name, good, info=''):
    if not good:
        failed.append(name)
        print('FAIL', name, info, flush=True)


def end():
    sys.exit(1 if failed else 0)


class Server:
    """echo on a free plain and a free TLS port; `more` are further addresses."""

    def __init__(self, *options, more=(), files=None):
        if not os.path.exists('cert.pem'):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
                            'key.pem', '-out', 'cert.pem', '-days', '2', '-subj', '/CN=localhost'], check=True, stderr=subprocess.DEVNULL)
        command = ['echo', *options, '-t', 'cert.pem', 'key.pem', '127.0.0.1:0', 'tls=127.0.0.1:0', *more]
        command[0] = os.path.join(os.environ['BUILD'], 'echo')
        if files:
            command = ['sh', '-c', f'ulimit -n {files}; exec "$@"', 'sh', *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open('server.log', 'a'), text=True)
        atexit.register(lambda: self.process.poll() is None and self.process.kill())
        self.bound = [self.process.stdout.readline().strip() for _ in range(2 + len(more))]
        self.plain, self.tls = (int(a.rsplit(':', 1)[1]) for a in self.bound[:2])

    def connect(self, tls, version=None, timeout=20):
        s = socket.create_connection(('127.0.0.1', self.tls if tls else self.plain), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wrap(s, version) if tls else s

    def open(self, tls, data=b'', **how):
        s = self.connect(tls, **how)
        s.sendall(data)
        return Reader(s)

    def rss_kib(self):
        return int(next(l for l in open(f'/proc/{self.process.pid}/status') if l.startswith('VmRSS')).split()[1])

    def stop(self, want=0, timeout=30):
        """Graceful end; the sanitizers' verdict is in the status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = 'hangs'
        check('server ends', status == want, status)
        text = open('server.log').read()
        check('server is silent', 'Sanitizer' not in text and 'runtime error' not in text and '[err]' not in text, text[-3000:])


def wrap(s, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    return context.wrap_socket(s, server_hostname='localhost', suppress_ragged_eofs=True)


class Reader:
    def __init__(self, s):
        self.s, self.b = s, bytearray()

    def more(self):
        d = self.s.recv(1 << 18)
        if not d:
            raise EOFError(bytes(self.b[:300]))
        self.b += d

    def send_and_read(self, data, run=1 << 16):
        """Sends all of it in runs, reading what comes meanwhile: in one thread, for a TLS connection is not made for two."""
        rest, timeout = memoryview(data), self.s.gettimeout()
        self.s.settimeout(0)
        while rest:
            try:
                rest = rest[self.s.send(rest[:run]):]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                try:
                    self.more()
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    check('a way on within 30 s', any(select.select([self.s], [self.s], [], 30)))
        self.s.settimeout(timeout)

    def answer(self, head=False):
        """(status, {field: value}, body) of the next answer, interim ones too."""
        while b'\r\n\r\n' not in self.b:
            self.more()
        head_bytes, self.b = self.b.split(b'\r\n\r\n', 1)
        lines = head_bytes.decode('latin1').split('\r\n')
        status = int(lines[0].split()[1])
        fields = {l.split(':', 1)[0].lower(): l.split(':', 1)[1].strip() for l in lines[1:]}
        n = 0 if head or status < 200 or status in (204, 304) else int(fields['content-length'])
        while len(self.b) < n:
            self.more()
        body, self.b = bytes(self.b[:n]), self.b[n:]
        return status, fields, body

    def ask(self, data, head=False):
        self.s.sendall(data)
        return self.answer(head)

    def at_end(self):
        """Does the connection end here, cleanly and with nothing more?"""
        try:
            return not self.b and self.s.recv(10) == b''
        except (ConnectionResetError, ssl.SSLError, TimeoutError):
            return False


def request(method, target='/f', fields='', body=b'', version='1.1'):
    framing = f'Content-Length: {len(body)}\r\n' if body or method == 'PUT' else ''
    return f'{method} {target} HTTP/{version}\r\n{H}{fields}{framing}\r\n'.encode('latin1') + body


def etag(body):
    return '"' + hashlib.sha256(body).hexdigest() + '"'


def chunked(body, step, ext=b'', trailer=b'X-Trailer: y\r\n'):
    out = bytearray()
    for i in range(0, len(body), step):
        piece = body[i:i + step]
        out += b'%x%s\r\n' % (len(piece), ext) + piece + b'\r\n'
    return bytes(out + b'0\r\n' + trailer + b'\r\n')


KINDS = (('plain', False, None), ('TLS 1.3', True, ssl.TLSVersion.TLSv1_3), ('TLS 1.2', True, ssl.TLSVersion.TLSv1_2))
