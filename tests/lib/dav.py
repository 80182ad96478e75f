"""What the Python tests share: a captive server, and an HTTP client that shows every byte.  Standard library only.

A test file calls run(main): it starts itself once more inside `syncd serve --run`, where the address and a token that may
write everything are in the environment."""
import hashlib, json, os, shlex, socket, ssl, subprocess, sys
from urllib.parse import urlsplit


def start(*serve_args, env=None):
    """This file once more, inside a captive server of its own; its status."""
    command = ' '.join(shlex.quote(a) for a in [sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])
    return subprocess.run(['syncd', 'serve', *serve_args, '--run', command], env={**os.environ, **(env or {}), 'INSIDE': '1'}).returncode


def run(main, *serve_args, env=None):
    """Runs main() inside a captive server; exits with its status."""
    if os.environ.get('INSIDE') == '1':
        main()
        sys.exit(0)
    sys.exit(start(*serve_args, env=env))


def run_both(main, *serve_args):
    """Over TLS, and over plain TCP."""
    if os.environ.get('INSIDE') == '1':
        main()
        sys.exit(0)
    sys.exit(start(*serve_args) or start('--no-tls', *serve_args))


def etag(body):
    return '"' + hashlib.sha256(body).hexdigest() + '"'


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        """A field's value (the lines of one name joined by ", "), or None."""
        return ', '.join(v for n, v in self.headers if n == name.lower()) or None

    def __repr__(self):
        return f'{self.status} {self.headers} {self.body[:200]!r}'


class Connection:
    def __init__(self, url=None, timeout=30, tls_version=None):
        parts = urlsplit(url or os.environ['SYNC_URL'])
        self.sock = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.raw = self.sock
        if parts.scheme == 'https':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if tls_version:
                context.minimum_version = context.maximum_version = tls_version
            self.sock = context.wrap_socket(self.sock, server_hostname='localhost', suppress_ragged_eofs=True)
        self.seen = bytearray()

    def send(self, data):
        self.sock.sendall(data)

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError(bytes(self.seen[:300]))
        self.seen += data

    def at_eof(self):
        """True if the server closes without another byte."""
        try:
            return not self.seen and self.sock.recv(1) == b''
        except (ConnectionResetError, ssl.SSLError):
            return True

    def take(self, n):
        while len(self.seen) < n:
            self.more()
        data, self.seen = bytes(self.seen[:n]), self.seen[n:]
        return data

    def answer(self, method='GET'):
        """The next answer, framed by the rules of RFC 9112, never by hope."""
        while b'\r\n\r\n' not in self.seen:
            self.more()
        head, self.seen = self.seen.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        status = int(lines[0].split(' ')[1])
        headers = [(n.lower(), v.strip()) for n, v in (line.split(':', 1) for line in lines[1:])]
        a = Answer(status, headers, b'')
        if status >= 200 and status not in (204, 304) and method != 'HEAD':
            a.body = self.chunks() if a['transfer-encoding'] == 'chunked' else self.take(int(a['content-length']))
        return a

    def chunk(self):
        """The next chunk's bytes; b'': the last one."""
        while b'\r\n' not in self.seen:
            self.more()
        size, self.seen = self.seen.split(b'\r\n', 1)
        data = self.take(int(size, 16) + 2)
        equal(data[-2:], b'\r\n', 'a chunk ends where it says')
        return data[:-2]

    def chunks(self):
        return b''.join(iter(self.chunk, b''))

    def ask(self, method, path, body=None, token=True, **fields):
        """One request; underscores in field names become hyphens.  token: True is the captive one, None or text."""
        self.send(request(method, path, body, token, **fields))
        return self.answer(method)

    def close(self):
        self.sock.close()


def request(method, path, body=None, token=True, **fields):
    head = f'{method} {path} HTTP/1.1\r\nHost: localhost\r\n'
    if token:
        head += f'Authorization: Bearer {os.environ["SYNC_TOKEN"] if token is True else token}\r\n'
    for name, value in fields.items():
        head += f'{name.replace("_", "-")}: {value}\r\n'
    if body is not None:
        head += f'Content-Length: {len(body)}\r\n'
    return head.encode('utf-8') + b'\r\n' + (body or b'')


def ask(method, path, body=None, token=True, **fields):
    """The same on a connection of its own."""
    connection = Connection()
    try:
        return connection.ask(method, path, body, token, **fields)
    finally:
        connection.close()


def check(condition, *about):
    if not condition:
        raise AssertionError(about)


def equal(got, want, *about):
    if got != want:
        raise AssertionError(f'got {got!r}, want {want!r}', *about)


def server_pid():
    """The captive server is an ancestor of the test."""
    pid = os.getppid()
    while open(f'/proc/{pid}/comm').read().strip() != 'syncd':
        pid = int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])
    return pid


def new_token(*args):
    """A further token of the captive user, made through the admin socket."""
    user = json.loads(subprocess.run(['syncd', 'token', 'ls', '--json', '--store', os.environ['SYNC_STORE']], check=True,
                                     capture_output=True, text=True).stdout.splitlines()[0])['user']
    return subprocess.run(['syncd', 'token', 'add', user, *args, '--store', os.environ['SYNC_STORE']], check=True,
                          capture_output=True, text=True).stdout.strip()
