"""Basic with a password and with a token; every wrong one is the same 401; a change counts from the next request on."""
import base64, os, pty, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')
PASSWORD = 'p\u00e4ss:w\u00f6rd with = and "quotes"'


def syncd(*args, **kw):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True, **kw).stdout.strip()


def basic(user, secret):
    return 'Basic ' + base64.b64encode(f'{user}:{secret}'.encode()).decode()


def get(user, secret, path='/ann/', line=None, **fields):
    return (line or Connection()).ask('GET', path, token=None, Authorization=basic(user, secret), **fields)


def cpu_ms(pid):
    fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf('SC_CLK_TCK')


def main():
    equal(ask('MKCOL', '/ann').status, 201)
    syncd('user', 'add', 'ann', '--rights', 'write:/ann')
    syncd('user', 'add', 'bea', '--rights', 'read:/')
    syncd('user', 'passwd', 'ann', input=PASSWORD + '\n')
    token = syncd('token', 'add', 'ann', '--scope', 'read:/ann')

    equal(get('ann', PASSWORD).status, 200)
    equal(get('Ann', PASSWORD).status, 200)
    equal(get('WORKGROUP\\ann', PASSWORD).status, 200)
    equal(get('ann', token).status, 200)
    equal(get('ann', PASSWORD, '/').status, 200)
    put = Connection().ask('PUT', '/ann/a', b'x', token=None, Authorization=basic('ann', PASSWORD))
    equal(put.status, 201)
    equal(Connection().ask('PUT', '/ann/a', b'y', token=None, Authorization=basic('ann', token)).status, 403, 'the scope of the token holds')
    equal(Connection().ask('PUT', '/b', b'y', token=None, Authorization=basic('ann', PASSWORD)).status, 404)

    # All alike: a wrong password, another's, a user without one, who is not there, none at all.
    wrong = [('ann', 'wrong password'), ('ann', PASSWORD + 'x'), ('ann', PASSWORD[:-1]), ('ann', ''), ('bea', PASSWORD), ('bea', ''), ('eve', PASSWORD), ('', PASSWORD),
             ('ann', 'x' * 300), ('x' * 200, PASSWORD), ('bea', token), ('ann', 'sd_' + '0' * 64), ('ann\\', PASSWORD)]
    want = ask('GET', '/ann/', token=None)
    equal([v for n, v in want.headers if n == 'www-authenticate'], ['Basic realm="syncd", charset="UTF-8"', 'Bearer'])
    for user, secret in wrong:
        got = get(user, secret)
        equal((got.status, got.body, [h for h in got.headers if h[0] != 'date']), (401, want.body, [h for h in want.headers if h[0] != 'date']), user, secret)
    equal(ask('GET', '/ann/', token=PASSWORD).status, 401, 'a password is no bearer token')

    # A password that was seen to fit costs no hash a request (some 20 ms each).
    line = Connection()
    before = cpu_ms(server_pid())
    for _ in range(200):
        equal(get('ann', PASSWORD, line=line).status, 200)
    check(cpu_ms(server_pid()) - before < 2000, cpu_ms(server_pid()) - before)

    # A body that waits for the password to be checked comes whole; many who come at once all get in.
    syncd('user', 'passwd', 'bea', input='another password\n')
    syncd('user', 'rights', 'bea', '--rights', 'write:/')
    big, statuses = b'b' * 300000, []

    def upload(i):
        statuses.append(Connection().ask('PUT', f'/bea{i}', big, token=None, Authorization=basic('bea', 'another password')).status)

    threads = [threading.Thread(target=upload, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(statuses, [201] * 8)
    equal(get('bea', 'another password', '/bea7').body, big)

    # A client that leaves while its password is checked takes nobody along.
    syncd('user', 'passwd', 'bea', input='third password\n')
    for _ in range(5):
        gone = Connection()
        gone.send(request('GET', '/bea1', None, None, Authorization=basic('bea', 'third password')))
        gone.close()
    equal(get('bea', 'third password', '/bea1').status, 200)

    # Changed, taken away, removed: on the connection that is open.
    line = Connection()
    equal(get('ann', PASSWORD, line=line).status, 200)
    syncd('user', 'passwd', 'ann', input='a new password')
    equal(get('ann', PASSWORD, line=line).status, 401)
    equal(get('ann', 'a new password', line=line).status, 200)
    syncd('user', 'rights', 'ann', '--rights', 'read:/ann')
    equal(line.ask('PUT', '/ann/a', b'z', token=None, Authorization=basic('ann', 'a new password')).status, 403)
    syncd('user', 'passwd', 'ann', '--remove')
    equal(get('ann', 'a new password', line=line).status, 401)
    equal(get('ann', token, line=line).status, 200)
    syncd('user', 'rm', 'ann')
    equal(get('ann', token, line=line).status, 401)

    on_a_terminal()


def on_a_terminal():
    """Asked for twice, never shown, and the echo is back afterwards, also after ctrl-C."""
    def talk(*says):
        pid, fd = pty.fork()
        if pid == 0:
            os.execvp('sh', ['sh', '-c', f'syncd user passwd bea --store "{STORE}"; echo "status $?"; stty -a | grep -o " echo " || echo no echo'])
        seen = b''
        for prompt, typed in says:
            while prompt not in seen:
                seen += os.read(fd, 4096)
            os.write(fd, typed)
        try:
            while data := os.read(fd, 4096):
                seen += data
        except OSError:
            pass
        os.waitpid(pid, 0)
        return seen.decode()

    seen = talk((b'New password: ', b'typed password\n'), (b'once more: ', b'typed password\n'))
    check('status 0' in seen and 'typed' not in seen and ' echo ' in seen, seen)
    equal(get('bea', 'typed password', '/bea1').status, 200)
    seen = talk((b'New password: ', b'typed password\n'), (b'once more: ', b'typed passwort\n'))
    check('not the same' in seen and 'status 2' in seen, seen)
    seen = talk((b'New password: ', b'\x03'))
    check('typed' not in seen and 'no echo' not in seen, seen)
    equal(get('bea', 'typed password', '/bea1').status, 200)


run(main)
