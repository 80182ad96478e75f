"""TLS: versions, junk on the port, renegotiation and key updates, truncation; the server lives on and keeps nothing (threat 60)."""
import select, os, re, subprocess, sys, time, warnings
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

warnings.simplefilter('ignore')


def tcp():
    parts = urlsplit(os.environ['SYNC_URL'])
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def descriptors():
    return len(os.listdir(f'/proc/{server_pid()}/fd'))


def versions():
    for version, works in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = context.maximum_version = version
        try:
            got = context.wrap_socket(tcp(), server_hostname='localhost').version()
        except (ssl.SSLError, ConnectionError):
            got = None
        equal(got is not None, works, version)
    for alpn, chosen in ((['http/1.1'], 'http/1.1'), (['h2', 'http/1.1'], 'http/1.1'), (['h2'], None)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(alpn)
        equal(context.wrap_socket(tcp(), server_hostname='localhost').selected_alpn_protocol(), chosen, alpn)


def weak_ciphers():
    for cipher in ('AES128-SHA', 'DES-CBC3-SHA', 'NULL-SHA', 'RC4-SHA', 'ADH-AES128-SHA', 'EXP-RC4-MD5'):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.set_ciphers(cipher + ':@SECLEVEL=0')
            s = context.wrap_socket(tcp(), server_hostname='localhost')
        except (ssl.SSLError, ConnectionError):
            continue
        check(False, cipher, s.cipher())


def junk():
    before = descriptors()
    # A good ClientHello to cut, flip and repeat.
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.wrap_bio(a, b, server_hostname='localhost').do_handshake()
    except ssl.SSLWantReadError:
        hello = b.read()
    pieces = [b'', b'\0', b'GET / HTTP/1.1\r\nHost: h\r\n\r\n', b'PUT /x HTTP/1.1\r\n' * 500, os.urandom(3000), b'\x16\x03\x01\xff\xff' + b'\0' * 70000, b'\x80\x2e\x01\x00\x02' + b'x' * 44,
              b'\x15\x03\x01\x00\x02\x02\x28', b'\x14\x03\x01\x00\x01\x01', b'\x16\x03\x01\x00\x00' * 200, b'\x17\x03\x03\x00\x10' + b'x' * 16, b'SSH-2.0-x\r\n', hello * 3, hello + os.urandom(500)]
    pieces += [hello[:n] for n in range(0, len(hello), 37)]
    pieces += [hello[:n] + bytes([hello[n] ^ 0xff]) + hello[n + 1:] for n in range(0, len(hello), 29)]
    for data in pieces:
        s = tcp()
        try:
            s.sendall(data)
            s.settimeout(0.02)
            check(b'HTTP/' not in s.recv(4096), 'no plain answer on a TLS port')
        except OSError:
            pass
        s.close()
    # Junk after the handshake, and in the middle of a body.
    for start in (b'', request('PUT', '/junk', None, Content_Length='100') + b'abc'):
        c = Connection()
        c.send(start)
        descriptor = c.sock.fileno()
        os.write(descriptor, os.urandom(200))
        check(c.at_eof())
        c.close()
    end = time.monotonic() + 30
    while descriptors() > before + 3:
        check(time.monotonic() < end, before, descriptors())
        time.sleep(0.1)
    equal(ask('GET', '/junk').status, 404)


def s_client(version, commands, seconds=30):
    """openssl's own client; R renegotiates (1.2), K and k update keys (1.3)."""
    parts = urlsplit(os.environ['SYNC_URL'])
    p = subprocess.Popen(['openssl', 's_client', '-connect', f'{parts.hostname}:{parts.port}', version, '-msg'],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for command in commands:
            p.stdin.write(command)
            p.stdin.flush()
            time.sleep(0.1)
        # It leaves at the end of its input, whether its answer has come or not.
        out, until = b'', time.time() + seconds
        while b'HTTP/1.1' not in out and select.select([p.stdout], [], [], max(0, until - time.time()))[0]:
            more = os.read(p.stdout.fileno(), 65536)
            if not more:
                break
            out += more
        return out + p.communicate(timeout=seconds)[0]
    except (BrokenPipeError, subprocess.TimeoutExpired):
        p.kill()
        return p.communicate()[0]


def updates():
    get = b'GET /.sync/healthz HTTP/1.1\nHost: h\n\n'.replace(b'\n', b'\r\n')
    out = s_client('-tls1_3', [b'K\n', b'k\n'] * 3 + [get])
    check(b'KeyUpdate' in out and b'HTTP/1.1 200' in out, out[-500:])
    out = s_client('-tls1_2', [b'R\n', get])
    check(len(re.findall(rb', ServerHello\r?\n', out)) == 1, 'no renegotiation', out[-300:])


def main():
    equal(ask('PUT', '/f', b'f').status, 201)
    versions()
    weak_ciphers()
    junk()
    updates()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        c = Connection(tls_version=version)
        body = os.urandom(3 << 20)
        check(c.ask('PUT', '/v', body).status in (201, 204))
        equal(c.ask('GET', '/v').body, body)
    equal(ask('GET', '/f').body, b'f')


run(main)
