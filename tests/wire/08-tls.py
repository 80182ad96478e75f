"""TLS: versions, protocols, resumption, KeyUpdate, records of every size, ends with and without close_notify."""
import os, random, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

server = Server()
body = random.Random(3).randbytes(400000)
server.open(False, request('PUT', '/f', body=body)).answer()


def context(low, high):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    c.set_ciphers('ALL:@SECLEVEL=0')
    c.minimum_version, c.maximum_version = low, high
    return c


def dial(c, session=None):
    return c.wrap_socket(socket.create_connection(('127.0.0.1', server.tls), timeout=10), server_hostname='localhost', session=session)


import warnings
warnings.simplefilter('ignore')
for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
    try:
        dial(context(version, version))
        check(f'{version} is refused', False)
    except (ssl.SSLError, OSError, ValueError):
        pass
for version, name in ((ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), (ssl.TLSVersion.TLSv1_3, 'TLSv1.3')):
    c = context(version, version)
    c.set_alpn_protocols(['h2', 'http/1.1'])
    r = Reader(dial(c))
    check(name, r.s.version() == name and r.s.selected_alpn_protocol() == 'http/1.1', r.s.version())
    check(name + ': GET', r.ask(request('GET'))[2] == body)
    again = Reader(dial(c, r.s.session))
    check(name + ': resumed', again.s.session_reused and again.ask(request('GET'))[2] == body)
    c = context(version, version)
    c.set_alpn_protocols(['h2'])
    check(name + ': foreign protocols only', Reader(dial(c)).ask(request('GET'))[2] == body)
    # One byte a record, and records that end in the middle of everything.
    r = Reader(dial(context(version, version)))
    for byte in request('PUT', '/g', body=b'abc'):
        r.s.sendall(bytes([byte]))
    check(name + ': small records', r.answer()[0] == 204)
    data = request('PUT', '/g', body=body) + request('GET', '/g')
    for step in (1000, 16383, 16384, 16385, 100000):
        for i in range(0, len(data), step):
            r.s.sendall(data[i:i + step])
        check(f'{name}: records of {step}', r.answer()[1]['etag'] == etag(body) and r.answer()[2] == body)
    # A half-closed connection still gets its answers: by close_notify, and by a bare FIN.
    for end_it in ('notify', 'fin'):
        s = dial(context(version, version))
        s.sendall(request('GET') * 3)
        if end_it == 'fin':
            socket.socket.shutdown(s, socket.SHUT_WR)
        else:
            s.setblocking(False)
            try:
                s.unwrap()
            except (ssl.SSLError, OSError):
                pass
            s.setblocking(True)
            s.close()
            continue
        r = Reader(s)
        check(f'{name}: half-closed by {end_it}', [r.answer()[2] for _ in range(3)] == [body] * 3)

# KeyUpdate asked for by the client, before and after requests: openssl s_client sends one at a line "K".
client = subprocess.Popen(['openssl', 's_client', '-connect', f'127.0.0.1:{server.tls}', '-tls1_3', '-crlf'], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
time.sleep(0.5)
text = b''
for line in [b'GET /head/a HTTP/1.1\nHost: x\n\n', b'K\n', b'GET /head/b HTTP/1.1\nHost: x\n\n', b'K\n', b'K\n', b'k\n', b'GET /head/c HTTP/1.1\nHost: x\nConnection: close\n\n']:
    client.stdin.write(line)
    client.stdin.flush()
    time.sleep(0.3)
text = client.communicate(timeout=10)[0]
check('KeyUpdate', text.count(b'KEYUPDATE') >= 4 and all(b'GET /head/' + x in text for x in (b'a', b'b', b'c')), text[-2000:])
# Renegotiation is refused.
client = subprocess.Popen(['openssl', 's_client', '-connect', f'127.0.0.1:{server.tls}', '-tls1_2', '-crlf'], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
client.stdin.write(b'R\n')
client.stdin.flush()
time.sleep(0.5)
text = client.communicate(timeout=10)[0]
check('no renegotiation', b'no renegotiation' in text or b'alert' in text, text[-300:])
server.stop()
end()
