"""Clients that leave by FIN and by RST in every state, and garbage on the TLS port: the server stays, and loses nothing."""
import os, sys, struct
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *

server = Server('-q')
with open('big', 'wb') as f:
    f.write(os.urandom(1 << 20) * 32)
server.open(False, request('PUT', '/f', body=b'x' * 5000)).answer()
STATES = [
    (b'', 0), (b'GET /f HT', 0), (request('GET'), 1), (request('GET', '/file/big'), 0), (request('GET', '/file/big'), 100000),
    (request('GET', '/file/big') * 20, 100), (request('PUT', '/q', body=b'x' * 700000)[:-100], 0), (request('PUT', '/q', body=b'x' * 7000)[:-100], 0),
    (f'PUT /q HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\n\r\n5\r\nab'.encode(), 0), (request('PUT', '/q', 'X-Slow: 1\r\n', b'x' * 300000), 0),
    (f'PUT /q HTTP/1.1\r\n{H}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n'.encode(), 10), (request('GET', '/late'), 0),
    (f'PUT /e HTTP/1.1\r\n{H}X-Deny: 1\r\nContent-Length: 8000000\r\n\r\nzz'.encode(), 10), (request('PUT', '/q', 'X-Work: 1\r\n', b'abc'), 0),
    (request('POST', body=b'x' * 900), 0), (request('POST', body=b'x' * 900)[:-3], 0), (request('PUT', '/q', body=b'abc') * 30, 0), (b'BREW\x00', 5),
    (request('GET', '/file/big', 'X-Pieces: 0+900000,5+5,100000+2000000\r\n'), 100000), (request('GET', '/nope') + request('GET', '/late') * 3, 5),
]
for kind, tls, version in KINDS[:2]:
    for reset in (False, True):
        for data, read in STATES:
            for _ in range(4):
                s = server.connect(tls, version)
                s.sendall(data)
                if read:
                    s.recv(read)
                if reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                s.close()
    check(kind + ': alive', server.open(tls, request('GET'), version=version).answer()[2] == b'x' * 5000)
for data in (b'', b'\x16\x03\x01\x02\x00\x01', b'GET / HTTP/1.1\r\n\r\n', os.urandom(300), b'\x16\x03\x01' * 5000):
    for reset in (False, True):
        s = socket.create_connection(('127.0.0.1', server.tls))
        s.sendall(data)
        time.sleep(0.02)
        if reset:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.close()
check('alive', server.open(True, request('GET')).answer()[0] == 200)
time.sleep(1.5)
check('no descriptor is lost', len(os.listdir(f'/proc/{server.process.pid}/fd')) < 60, os.listdir(f'/proc/{server.process.pid}/fd'))
server.stop()
end()
