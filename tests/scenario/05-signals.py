"""Signals: TERM finishes what runs, a second one ends at once, HUP reloads (116)."""
import os, re, signal, socket, subprocess, sys, time

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import Connection


def start(*args):
    log = open('server.log', 'w+')
    p = subprocess.Popen(['syncd', 'serve', 'store', '--listen', '127.0.0.1:0', *args], stderr=log, stdin=subprocess.DEVNULL)
    while True:
        text = open('server.log').read()
        found = re.search(r'listening on (\S+)', text)
        if found:
            return p, found.group(1)
        assert p.poll() is None, text
        time.sleep(0.02)


def begin_put(url, token, size):
    c = Connection(url)
    c.send(b'PUT /big HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n' % (token, size))
    c.send(b'x' * (size // 2))
    return c


server, url = start()
try:
    token = subprocess.run(['syncd', 'token', 'add', 'ann', '--store', 'store'], check=True, capture_output=True).stdout.strip()

    # HUP is said and ends nothing.
    server.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert server.poll() is None and 'reload' in open('server.log').read()

    # TERM: an upload that runs is finished and acknowledged, an idle connection is closed, new ones are not taken.
    idle = Connection(url)
    idle.send(b'GET /.sync/healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    assert idle.answer().status == 200
    put = begin_put(url, token, 200000)
    time.sleep(0.3)
    server.send_signal(signal.SIGTERM)
    assert idle.at_eof()
    time.sleep(0.2)
    try:
        late = Connection(url, timeout=2)
        raise AssertionError('a new connection was taken')
    except OSError:
        pass
    assert server.poll() is None
    put.send(b'x' * 100000)
    assert put.answer('PUT').status == 201
    assert server.wait(10) == 0
    assert not os.path.exists('store/admin.sock')

    # A second signal: at once, 1; the store is none the worse.
    server, url = start()
    put = begin_put(url, token, 200000)
    time.sleep(0.3)
    server.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert server.poll() is None
    server.send_signal(signal.SIGINT)
    assert server.wait(5) == 1
    server, url = start()
    c = Connection(url)
    c.send(b'HEAD /big HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n' % token)
    answer = c.answer('HEAD')
    assert answer.status == 200 and answer['content-length'] == '200000', answer
    c.sock.close()

    # A drain has an end, whoever still sends.
    server.terminate()
    assert server.wait(5) == 0
    open('short.conf', 'w').write('drain-timeout = 1s\n')
    server, url = start('--config', 'short.conf')
    put = begin_put(url, token, 200000)
    time.sleep(0.3)
    began = time.monotonic()
    server.terminate()
    assert server.wait(10) == 0
    assert 0.8 < time.monotonic() - began < 15
finally:
    if server.poll() is None:
        server.kill()
