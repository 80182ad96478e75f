"""Behind proxies: whose word about the client counts, by the PROXY protocol, by X-Forwarded-* and Forwarded; and with the real
haproxy and nginx in front."""
import os, re, shutil, socket as socket_module, struct, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

TOKEN = 'Authorization: Bearer '


def free_port():
    with socket_module.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def talk(port, before, path, fields='', source='127.0.0.1', method='GET'):
    """One plain request after the bytes `before`; the status, or None if the server just closes."""
    with socket_module.create_connection(('127.0.0.1', port), timeout=10, source_address=(source, 0)) as s:
        s.sendall(before + f'{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{TOKEN}{os.environ["SYNC_TOKEN"]}\r\n{fields}\r\n'.encode())
        got = b''
        try:
            while d := s.recv(65536):
                got += d
        except ConnectionError:
            pass
    return int(got.split()[1]) if got else None


def peer_of(path):
    """What the log says of who asked for it."""
    for _ in range(100):
        found = re.findall(rf'path="{re.escape(path)}" .*peer=(\S+)', open(os.environ['LOG']).read())
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(path)


V2 = b'\r\n\r\n\0\r\nQUIT\n'


def proxy_protocol(port):
    for path, header, want in (('/v1', b'PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n', '192.0.2.1'),
                               ('/v1six', b'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n', '2001:db8::1'),
                               ('/v1unknown', b'PROXY UNKNOWN\r\n', '127.0.0.1'),
                               ('/v2', V2 + b'\x21\x11\0\x0c' + bytes([192, 0, 2, 9, 1, 1, 1, 1]) + b'\1\2\3\4', '192.0.2.9'),
                               ('/v2local', V2 + b'\x20\0\0\0', '127.0.0.1')):
        equal(talk(port, header, path), 404)
        equal(peer_of(path), want)
    # In pieces, the request in the same packet as the end of the header.
    header = b'PROXY TCP4 192.0.2.77 198.51.100.1 56324 443\r\n'
    with socket_module.create_connection(('127.0.0.1', port), timeout=10) as s:
        s.setsockopt(socket_module.IPPROTO_TCP, socket_module.TCP_NODELAY, 1)
        for i in range(0, len(header) - 3, 7):
            s.sendall(header[i:min(i + 7, len(header) - 3)])
            time.sleep(0.01)
        s.sendall(header[-3:] + f'GET /pieces HTTP/1.1\r\nHost: x\r\n{TOKEN}{os.environ["SYNC_TOKEN"]}\r\n\r\n'.encode())
        equal(s.recv(65536).split()[1], b'404')
    equal(peer_of('/pieces'), '192.0.2.77')
    # Without the header nobody gets in, nor with another, nor from elsewhere.
    equal(talk(port, b'', '/bare'), None)
    equal(talk(port, b'PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n', '/short'), None)
    equal(talk(port, header, '/stranger', source='127.0.0.9'), None)


def fields(port):
    for path, text, source, want in (('/xff', 'X-Forwarded-For: 203.0.113.5, 192.0.2.1', '127.0.0.1', '192.0.2.1'),
                                     ('/fwd', 'Forwarded: for="[2001:db8::7]:99"', '127.0.0.1', '2001:db8::7'),
                                     ('/both', 'Forwarded: for=203.0.113.5\r\nX-Forwarded-For: 192.0.2.1', '127.0.0.1', '127.0.0.1'),
                                     ('/forged', 'X-Forwarded-For: 192.0.2.1', '127.0.0.9', '127.0.0.9'),
                                     ('/junk', 'X-Forwarded-For: 1.2.3.4 user=root', '127.0.0.1', '127.0.0.1')):
        equal(talk(port, b'', path, text + '\r\n', source), 404)
        equal(peer_of(path), want, path)


def hosts(port):
    """What the proxy was asked for is a name of ours in a Destination; not what somebody else says, nor any other."""
    n = 0
    for said, source, want in (('X-Forwarded-Host: files.example\r\nX-Forwarded-Proto: https', '127.0.0.1', 201),
                               ('Forwarded: for=192.0.2.1;host=files.example;proto=https', '127.0.0.1', 201),
                               ('X-Forwarded-Host: files.example:443\r\nX-Forwarded-Proto: https', '127.0.0.1', 201),
                               ('X-Forwarded-Host: other.example', '127.0.0.1', 502), ('X-Forwarded-Proto: https', '127.0.0.1', 502),
                               ('X-Forwarded-Host: files.example\r\nX-Forwarded-Proto: https', '127.0.0.9', 502)):
        n += 1
        equal(talk(port, b'', f'/host{n}', method='MKCOL'), 201)
        equal(talk(port, b'', f'/host{n}', f'Destination: https://files.example/to{n}\r\n{said}\r\n', source, 'MOVE'), want, said, source)


def real(program, config, port, want):
    """`program` with `config` in front of us: a file goes up and down, and the log knows the client."""
    with open(program + '.conf', 'w') as f:
        f.write(config)
    command = {'haproxy': ['haproxy', '-f', 'haproxy.conf', '-db'],
               'nginx': ['nginx', '-p', os.getcwd(), '-c', 'nginx.conf', '-e', 'nginx.error', '-g', 'daemon off;']}[program]
    proxy = subprocess.Popen(command, stdout=open(program + '.out', 'w'), stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            try:
                socket_module.create_connection(('127.0.0.1', port)).close()
                break
            except OSError:
                time.sleep(0.05)
        check(proxy.poll() is None, open(program + '.out').read())
        scheme = 'https' if program == 'haproxy' else 'http'
        url, path = f'{scheme}://127.0.0.1:{port}', '/by-' + program
        body = os.urandom(3 << 20)
        with open('body', 'wb') as f:
            f.write(body)
        curl = ['curl', '-sS', '-k', '--interface', '127.0.0.5', '-H', TOKEN + os.environ['SYNC_TOKEN']]
        equal(subprocess.run(curl + ['-T', 'body', '-o', '/dev/null', '-w', '%{http_code}', url + path], capture_output=True, text=True).stdout, '201')
        equal(subprocess.run(curl + [url + path], capture_output=True).stdout, body)
        equal(peer_of(path), want)
    finally:
        proxy.terminate()
        proxy.wait()


def main():
    ports = os.environ['PORTS'].split()
    if os.environ['SYNC_URL'].startswith('https'):
        front = free_port()
        real('haproxy', f'global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n'
             f'frontend f\n  bind 127.0.0.1:{front}\n  default_backend b\nbackend b\n  server s 127.0.0.1:{ports[0]} send-proxy-v2\n', front, '127.0.0.5')
        return
    proxy_protocol(int(ports[0]))
    fields(int(ports[1]))
    hosts(int(ports[1]))
    front = free_port()
    real('nginx', f'pid nginx.pid; error_log nginx.error; events {{}}\n{"user root;" if os.getuid() == 0 else ""}\n'
         f'http {{ access_log off; client_max_body_size 0; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n'
         f'server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://unix:{os.getcwd()}/door; proxy_request_buffering off; proxy_http_version 1.1;\n'
         f'proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; }} }} }}\n', front, '127.0.0.5')


os.environ['PATH'] += ':/usr/sbin'
if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
for options in (['--no-tls'], []):
    if not options and not shutil.which('haproxy'):
        print('haproxy is not installed')
        sys.exit(77)
    a, b = free_port(), free_port()
    log = os.path.abspath('log' + ''.join(options))
    with open('conf', 'w') as f:
        f.write(f'log-level = info\nlisten = 127.0.0.1:{a}\nlisten = 127.0.0.1:{b}\nproxy-protocol = 127.0.0.1:{a}\ntrusted-proxy = 127.0.0.1\ntrusted-proxy = unix\n'
                + (f'listen = unix:{os.getcwd()}/door\n' if options else ''))
    os.environ.update(LOG=log, PORTS=f'{a} {b}', INSIDE='1')
    run_command = ' '.join(shlex.quote(x) for x in [sys.executable, os.path.abspath(sys.argv[0])])
    status = subprocess.run(['syncd', 'serve', *options, '--config', 'conf', '--run', run_command], stderr=open(log, 'w')).returncode
    if status:
        print(open(log).read()[-3000:])
        sys.exit(status)
