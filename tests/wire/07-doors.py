"""Ways in: IPv6, unix sockets and who is behind them, ports in use, too many connections, no descriptors left."""
import os, select, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/wire'))
from wire import *


def unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(path)
    return Reader(s)


def has_ipv6():
    try:
        socket.socket(socket.AF_INET6).bind(('::1', 0))
        return True
    except OSError:
        return False


more = ['unix:s.sock', 'admin=unix:a.sock'] + (['[::]:0', 'tls=[::1]:0'] if has_ipv6() else [])
server = Server('-q', '-l', '2', more=more)
r = unix('s.sock')
for i in range(3):
    c, f, b = r.ask(request('GET', '/head'))
    check('unix', b.endswith(b'peer=unix tls=0 admin=0\n'), b)
check('unix: not for all', os.stat('s.sock').st_mode & 0o777 == 0o660 and os.stat('a.sock').st_mode & 0o777 == 0o600)
if os.getuid() == 0:
    check('admin', unix('a.sock').ask(request('GET', '/head'))[2].endswith(b'peer=unix tls=0 admin=1\n'))
    os.chmod('.', 0o755), os.chmod('a.sock', 0o666)
    pid = os.fork()
    if pid == 0: # somebody else
        os.setuid(65534)
        try:
            os._exit(0 if unix('a.sock').ask(request('GET', '/head')) else 1)
        except PermissionError:
            os._exit(3)
        except (EOFError, OSError):
            os._exit(2)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    check('admin: nobody else', status in (2, 3), status)
if has_ipv6():
    for address, is_tls in zip(server.bound[4:], (False, True)):
        s = socket.create_connection(('::1', int(address.rsplit(':', 1)[1])), timeout=10)
        r = Reader(wrap(s) if is_tls else s)
        c, f, b = r.ask(request('GET', '/head').replace(b'Host: x', b'Host: [::1]:80'))
        check('IPv6', b.endswith(b'host=[::1]:80 x=- peer=::1 tls=%d admin=0\n' % is_tls), b)
        with socket.socket() as s:
            check('IPv6 alone', s.connect_ex(('127.0.0.1', int(address.rsplit(':', 1)[1]))) != 0)
# A second server may not listen where the first does, nor take its unix socket away.
for address in ('127.0.0.1:%d' % server.plain, 'unix:s.sock'):
    again = subprocess.run([os.path.join(os.environ['BUILD'], 'echo'), address], capture_output=True, text=True)
    check('in use', again.returncode == 2 and 'listens there already' in again.stderr, again)
for address in ('localhost:80', '127.0.0.1', '127.0.0.1:99999', '::1:80', '[::1]', ':80', '127.0.0.1:8x', 'unix:', 'unix:' + 'x' * 200, '256.0.0.1:80'):
    bad = subprocess.run([os.path.join(os.environ['BUILD'], 'echo'), address], capture_output=True, text=True)
    check('not an address: ' + address, bad.returncode == 2 and bad.stderr.startswith('echo: '), bad)
server.stop()
again = Server('-q', more=['unix:s.sock'])
check('a dead socket is taken over', unix('s.sock').ask(request('GET', '/head'))[0] == 200)
again.stop()

# At most so many connections; the next one waits for a place.
server = Server('-l', '2', '-m', '10')
held = [server.open(False, request('GET', '/head')) for _ in range(10)]
for r in held:
    r.answer()
waiting = [server.open(False, request('GET', '/head')) for _ in range(6)]
time.sleep(1.5)
answered = len(select.select([r.s for r in waiting], [], [], 0)[0])
check('too many wait', answered <= 2, answered) # the other loop looks when it has one more
for r in held:
    r.s.close()
time.sleep(1.5)
check('and get their turn', [r.answer()[0] for r in waiting] == [200] * 6)
server.stop()

# No descriptors left: it waits instead of spinning, and recovers.
server = Server('-l', '1', files=60)
held = [socket.create_connection(('127.0.0.1', server.plain)) for _ in range(100)]
time.sleep(1)


def cpu():
    return sum(int(x) for x in open(f'/proc/{server.process.pid}/stat').read().rsplit(')', 1)[1].split()[11:13])


before = cpu()
time.sleep(2)
check('no descriptors: quiet', cpu() - before < 60, cpu() - before)
for s in held:
    s.close()
time.sleep(1.5)
check('no descriptors: recovers', server.open(True, request('GET', '/head')).answer()[0] == 200)
server.stop()
end()
