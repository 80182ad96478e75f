"""The examples for nginx and haproxy (packaging/examples), with the real programs: files, WebDAV with its Destination, events, and who the
client is, come through; haproxy's check of the server's health as well."""
import os, re, shutil, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

EXAMPLES, HERE, CLIENT = os.environ['TOP'] + '/packaging/examples', os.getcwd(), '127.0.0.5'
os.environ['PATH'] += ':/usr/sbin'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def example(name, *changes):
    """As it stands there, but for the places on this machine."""
    text = open(f'{EXAMPLES}/{name}').read()
    for old, new in changes:
        check(old in text, name, old)
        text = text.replace(old, new)
    return text


def log():
    return open('log').read()


class Through(Connection):
    """From another address of this machine."""
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=30, source_address=(CLIENT, 0))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, suppress_ragged_eofs=True)
        self.seen = bytearray()

    def do(self, method, path, body=None, **fields):
        return self.ask(method, path, body, TOKEN, **fields)


def work(port, name):
    body = os.urandom(5 << 20)
    c = Through(port)
    equal(c.do('MKCOL', f'/{name}').status, 201)
    equal((c.do('PUT', f'/{name}/a', body)['etag'], c.do('GET', f'/{name}/a').body), (etag(body), body))
    equal(c.do('PUT', f'/{name}/a', b'x', If_Match='"other"').status, 412)
    equal(c.do('PROPFIND', f'/{name}', b'', Depth='1').status, 207)
    # An absolute Destination is what the client calls us, not what the proxy does.
    equal(c.do('MOVE', f'/{name}/a', Destination=f'https://localhost/{name}/b').status, 201)
    equal(c.do('MOVE', f'/{name}/b', Destination=f'https://elsewhere/{name}/c').status, 502)
    c.send(request('PUT', f'/{name}/c', None, TOKEN, Transfer_Encoding='chunked') + b'3\r\nabc\r\n0\r\n\r\n')
    equal(c.answer('PUT').status, 201)
    equal(c.ask('GET', f'/{name}/c', token=None).status, 401)
    # Events come when they come, not when a buffer is full.
    events = Through(port)
    events.send(request('GET', '/.sync/events', token=TOKEN))
    while b'\r\n\r\n' not in events.seen or b'\n\n' not in events.seen.split(b'\r\n\r\n', 1)[1]:
        events.more()
    equal(c.do('PUT', f'/{name}/d', b'news').status, 201)
    while b'\ndata: /' not in events.seen:
        events.more()
    end = time.monotonic() + 30
    while not re.search(rf'path="/{name}/d" .*peer={re.escape(CLIENT)}', log()):
        check(time.monotonic() < end, log()[-2000:])
        time.sleep(0.05)


def through(name, command, config, port, pair=None):
    with open(f'{name}.conf', 'w') as f:
        f.write(config)
    proxy = subprocess.Popen(command, stdout=open(f'{name}.out', 'w'), stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 30
        while True:
            check(proxy.poll() is None and time.monotonic() < end, open(f'{name}.out').read())
            try: # haproxy serves once its check has found us well
                Through(port).ask('GET', '/.sync/healthz', token=None)
                break
            except (OSError, EOFError):
                time.sleep(0.1)
        work(port, name)
    finally:
        proxy.terminate()
        proxy.wait()


def nginx():
    front = free_port()
    server = example('nginx.conf', ('listen 443 ssl;', f'listen 127.0.0.1:{front} ssl;'), ('\tlisten [::]:443 ssl;\n', ''), ('/run/syncd.proxy', f'{HERE}/door'),
                     ('/etc/ssl/files.example.org.crt', f'{HERE}/pair.pem'), ('/etc/ssl/private/files.example.org.key', f'{HERE}/pair.pem'))
    through('nginx', ['nginx', '-p', HERE, '-c', 'nginx.conf', '-e', 'nginx.error', '-g', 'daemon off;'],
            f'pid nginx.pid; error_log nginx.error; events {{}}\n{"user root;" if os.getuid() == 0 else ""}\nhttp {{ access_log off; client_body_temp_path b;\n'
            f'proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n{server} }}\n', front)


def haproxy(name, *changes):
    front = free_port()
    through(name, ['haproxy', '-f', f'{name}.conf', '-db'], example(f'{name}.cfg', ('bind :443', f'bind 127.0.0.1:{front}'), *changes), front)


subprocess.run('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout k -out c 2>/dev/null && cat c k >pair.pem',
               shell=True, check=True)
behind = free_port()
for no_tls, doors in ((True, f'listen = unix:{HERE}/door\ntrusted-proxy = unix\npublic-url = https://localhost/\n'),
                      (False, f'listen = 127.0.0.1:{behind}\nproxy-protocol = 127.0.0.1:{behind}\ntrusted-proxy = 127.0.0.1\n')):
    with open('syncd.conf', 'w') as f:
        f.write(doors)
    syncd = subprocess.Popen(['syncd', 'serve', 'store', '--config', 'syncd.conf', *(['--no-tls'] if no_tls else [])], stdin=subprocess.DEVNULL,
                             stderr=open('log', 'w'))
    try:
        while 'listening on' not in log():
            check(syncd.poll() is None, log())
            time.sleep(0.02)
        TOKEN = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', 'store'], check=True, capture_output=True, text=True).stdout.strip()
        if no_tls and shutil.which('nginx'):
            nginx()
        if shutil.which('haproxy'):
            if no_tls:
                haproxy('haproxy-http', ('/run/syncd.proxy', f'{HERE}/door'), ('/etc/ssl/private/files.example.org.pem', f'{HERE}/pair.pem'))
            else:
                haproxy('haproxy-tcp', ('127.0.0.1:8444', f'127.0.0.1:{behind}'))
        syncd.terminate()
        equal(syncd.wait(30), 0)
    finally:
        if syncd.poll() is None:
            syncd.kill()
if not shutil.which('nginx') or not shutil.which('haproxy'):
    print('nginx or haproxy is not installed')
    sys.exit(77)
