"""Through a proxy as curl has them: CONNECT for https, the token for the server alone."""
import os, re, socket, sys, threading
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *

heads = []


def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    finally:
        b.close()


def proxy(client):
    head = b''
    while b'\r\n\r\n' not in head:
        head += client.recv(1)
    heads.append(head.decode())
    host, port = re.match(r'CONNECT ([^:]+):(\d+) ', head.decode()).groups()
    server = socket.create_connection((host, int(port)))
    client.sendall(b'HTTP/1.1 200 Connection established\r\nETag: "of the proxy"\r\nX: y\r\n\r\n')
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


def main():
    listener = socket.create_server(('127.0.0.1', 0))
    def accept():
        while True:
            threading.Thread(target=proxy, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    env = environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')})
    env['HTTPS_PROXY'] = f'http://127.0.0.1:{listener.getsockname()[1]}'
    write('f', 'one\n')
    run = sync('push', '-v', 'f', env=env)
    assert run.out == 'f\t4 B\tcreated\t2c8b08da\n' and 'of the proxy' not in run.err and '> HEAD' not in run.err, run
    assert sync('cat', 'f', env=env).out == 'one\n'
    assert heads and not any(os.environ['SYNC_TOKEN'] in h or 'uthorization' in h for h in heads), heads


dav.run(main)
