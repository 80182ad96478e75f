"""What the client's scenarios share: running the client, and a server on loopback that answers whatever a test wants, down
to the byte.  Standard library only."""
import hashlib, json, os, shutil, socket, subprocess, sys, threading

CLIENT = os.path.join(os.environ['BUILD'], 'syncc')
FEATURES = ('Sync-Features', 'digest-etag, collection-etag, listing, login')


def etag(body):
    return '"' + hashlib.sha256(body).hexdigest() + '"'


def write(path, content):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'wb') as f:
        f.write(content if isinstance(content, bytes) else content.encode())


def read(path):
    with open(path, 'rb') as f:
        return f.read()


class Run:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f'exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}---'

    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**more):
    """The test's environment without what would speak to the client: its own variables, certificates, proxies, colours."""
    foreign = ('SYNC_', 'XDG_', 'SSL_CERT_', 'CURL_CA_', 'NO_COLOR', 'CLICOLOR', 'http_proxy', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY',
               'all_proxy', 'no_proxy', 'NO_PROXY')
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    env['HOME'] = os.getcwd()
    env.update({k: str(v) for k, v in more.items() if v is not None})
    return env


def sync(*args, env=None, stdin=None, cwd=None, want=0, timeout=60):
    """Runs the client and expects its exit code `want`."""
    env = environment() if env is None else env
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([CLIENT, *args], env=env, input=data if data is not None else b'', capture_output=True, cwd=cwd,
                          timeout=timeout)
    run = Run(done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace'))
    assert 'Sanitizer' not in run.err and 'runtime error' not in run.err, run
    assert want is None or run.code == want, f'{args}: wanted {want}, got {run}'
    return run


class Request:
    def __init__(self, method, target, fields, body, sock, number):
        self.method, self.target, self.fields, self.body, self.sock, self.number = method, target, fields, body, sock, number

    def __getitem__(self, name):
        return self.fields.get(name.lower())

    def __repr__(self):
        return f'{self.method} {self.target}'


def reply(status, *fields, body=b'', length=True):
    """The bytes of an answer; `length` adds Content-Length where one may stand."""
    lines = [f'HTTP/1.1 {status} Whatever', *(f'{n}: {v}' for n, v in fields)]
    if length and status != 204 and not any(n.lower() in ('content-length', 'transfer-encoding') for n, v in fields):
        lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body


class Mock:
    """A server: `handler(request)` returns the bytes to send, or None to close the connection."""

    def __init__(self, handler):
        self.handler, self.requests, self.connections = handler, [], 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}/'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        stream = sock.makefile('rb')
        try:
            while self.one(sock, stream):
                pass
        except OSError:
            pass
        finally:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            stream.close()
            sock.close()

    def one(self, sock, stream):
        line = stream.readline()
        if not line:
            return False
        method, target, _ = line.decode('latin-1').split(' ')
        fields = {}
        while (line := stream.readline().decode('latin-1').rstrip('\r\n')):
            name, value = line.split(':', 1)
            fields[name.lower()] = value.strip()
        if fields.get('expect') == '100-continue':
            sock.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        body = stream.read(int(fields.get('content-length', 0)))
        with self.lock:
            request = Request(method, target, fields, body, sock, len(self.requests))
            self.requests.append(request)
        answer = self.handler(request)
        if answer is None:
            return False
        sock.sendall(answer)
        return True

    def count(self, method):
        return sum(r.method == method for r in self.requests)

    def env(self, **more):
        """An environment in which this server is the remote; the state is that of the test's folder."""
        return environment(SYNC_URL=self.url, SYNC_TOKEN='secret-token', **more)

    def forget(self):
        self.requests.clear()

    def close(self):
        self.listener.close()


def options(request, *fields):
    return reply(200, ('Allow', 'OPTIONS, GET, HEAD, PUT, DELETE, MKCOL'), *fields)


class Files(dict):
    """A server of our kind in a few lines: path to content.  `before` may answer in its place."""

    def __init__(self, before=None, features=True, **content):
        super().__init__(**content)
        self.before, self.features = before, features

    def __call__(self, request):
        answer = self.before(request) if self.before else False
        if answer is not False:
            return answer
        return getattr(self, 'do_' + request.method, lambda r: reply(405))(request)

    def do_OPTIONS(self, request):
        return options(request, *([FEATURES] if self.features else []))

    def do_GET(self, request, head=False):
        body = self.get(request.target)
        if body is None:
            return reply(404)
        if request['if-none-match'] and etag(body) in request['if-none-match']:
            return reply(304, ('ETag', etag(body)), length=False)
        answer = reply(200, ('ETag', etag(body)), ('Content-Type', 'application/octet-stream'), body=body)
        return answer[:len(answer) - len(body)] if head else answer

    def do_HEAD(self, request):
        return self.do_GET(request, head=True)

    def do_PUT(self, request):
        old = self.get(request.target)
        if request['if-none-match'] == '*' and old is not None:
            return reply(412, ('ETag', etag(old)))
        if request['if-match'] and (old is None or request['if-match'] != etag(old)):
            return reply(412, *([('ETag', etag(old))] if old is not None else []))
        self[request.target] = request.body
        return reply(201 if old is None else 204, ('ETag', etag(request.body)))

    def do_DELETE(self, request):
        old = self.get(request.target)
        if old is None:
            return reply(404)
        if request['if-match'] and request['if-match'] != etag(old):
            return reply(412, ('ETag', etag(old)))
        del self[request.target]
        return reply(204, ('ETag', etag(old)))


def fresh_state():
    """Forgets what the client has seen so far."""
    shutil.rmtree(os.path.join(os.getcwd(), '.local'), ignore_errors=True)
