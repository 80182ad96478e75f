"""A supervisor's view: inherited sockets, readiness, the watchdog, stopping."""
import os, socket, subprocess, sys, time

sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import Connection

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind('notify')
notify.settimeout(10)
listener = socket.create_server(('127.0.0.1', 0))
port = listener.getsockname()[1]
env = {**os.environ, 'NOTIFY_SOCKET': os.getcwd() + '/notify', 'LISTEN_FDS': '1', 'WATCHDOG_USEC': '1000000', 'FD': str(listener.fileno())}

# sh becomes the server, so that LISTEN_PID is right; the socket has to be descriptor 3.
server = subprocess.Popen(['sh', '-c', 'eval "exec 3<&$FD"; export LISTEN_PID=$$; exec syncd serve store --listen 127.0.0.1:1'],
                          env=env, pass_fds=[listener.fileno()], stderr=open('server.log', 'w'))
try:
    assert notify.recv(100) == b'READY=1', open('server.log').read()
    c = Connection(f'https://127.0.0.1:{port}/')
    c.send(b'GET /.sync/readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert c.answer().status == 200
    assert f'https://127.0.0.1:{port}/' in open('server.log').read()
    began = time.monotonic()
    for _ in range(3):
        assert notify.recv(100) == b'WATCHDOG=1'
    assert time.monotonic() - began < 10
    server.terminate()
    while (state := notify.recv(100)) == b'WATCHDOG=1':
        pass
    assert state == b'STOPPING=1', state
    assert server.wait(10) == 0
finally:
    if server.poll() is None:
        server.kill()

# The listener outlives the server: the next one takes over what waits in its queue.
waiting = socket.create_connection(('127.0.0.1', port))
waiting.close()

# What is not a listening socket is refused.
pipe = os.pipe()
env['FD'] = str(pipe[0])
bad = subprocess.run(['sh', '-c', 'eval "exec 3<&$FD"; export LISTEN_PID=$$; exec syncd serve store'], env=env, pass_fds=[pipe[0]], capture_output=True)
assert bad.returncode == 2 and b'inherited' in bad.stderr, bad
