"""Passwords that PAM knows: a real stack of modules, asked by a process of its own; whatever a module does, the server serves."""
import base64, glob, os, shlex, signal, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE, CONFIG = os.environ.get('SYNC_STORE', ''), os.path.abspath('syncd.conf')
SERVICE, ASK = os.path.abspath('pam.d/files'), os.path.abspath('ask')

# pam_exec's program: the user and where he comes from in the environment, the password on stdin.
PROGRAM = '''#!/bin/sh
password=$(cat | tr -d '\\000')
echo "$PAM_USER $PAM_RHOST" >>asked
case $password in
slow) echo $$ >>left; exec sleep 600 ;;
crash) echo $$ >>left; kill -SEGV $PPID; exec sleep 600 ;;
esac
[ "$password" = "secret of $PAM_USER" ]
'''


# pam_exec's "no" is an error of the system's; pam_deny's is a no.
AUTH = f'auth sufficient pam_exec.so quiet expose_authtok {ASK}\nauth required pam_deny.so'


def stack(*lines):
    with open(SERVICE, 'w') as f:
        f.write(''.join(line + '\n' for line in lines))


def syncd(*args, **kw):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True, **kw).stdout.strip()


def get(user, secret, line=None):
    return (line or Connection(timeout=60)).ask('GET', '/ann/', token=None, Authorization='Basic ' + base64.b64encode(f'{user}:{secret}'.encode()).decode())


def asked():
    return open('asked').read().split('\n')[:-1] if os.path.exists('asked') else []


def keepers():
    """The processes of the checker, by name: the keeper, and one for each question under way."""
    found = []
    for stat in glob.glob('/proc/[0-9]*/stat'):
        try:
            text = open(stat).read()
        except OSError:
            continue
        if '(syncd-pam)' in text:
            found.append((int(text.split()[0]), int(text.rsplit(')', 1)[1].split()[1])))
    server = server_pid()
    keeper = [pid for pid, parent in found if parent == server]
    return keeper, [pid for pid, parent in found if parent in keeper]


def until(what, condition):
    end = time.time() + 60
    while not condition():
        check(time.time() < end, what)
        time.sleep(0.05)


def main():
    auth, account = AUTH, 'account required pam_permit.so'
    equal(ask('MKCOL', '/ann').status, 201)
    for user in ('ann', 'bea', 'dan'):
        syncd('user', 'add', user, '--rights', 'write:/ann')
    syncd('user', 'passwd', 'bea', input='of the store\n')

    # PAM proves the password, the store has the rights; what both know is right either way.
    equal(get('ann', 'secret of ann').status, 200)
    equal(asked(), ['ann 127.0.0.1'])
    equal(get('ANN', 'secret of ann').status, 200, 'the name as the store writes it')
    equal(get('bea', 'of the store').status, 200)
    equal(len(asked()), 1, 'who has a password here that fits is not asked about')
    equal(get('bea', 'secret of bea').status, 200)

    # What was seen to fit costs PAM no further question.
    line, before = Connection(), len(asked())
    for _ in range(50):
        equal(get('ann', 'secret of ann', line).status, 200)
    equal(len(asked()), before)

    # Wrong ones: all alike.  Of who is not there PAM hears nothing but a name that nobody can have.
    want = ask('GET', '/ann/', token=None)
    for user, secret in [('ann', 'secret of bea'), ('bea', 'of the stork'), ('eve', 'secret of eve'), ('daemon', 'secret of daemon'), ('ann', '')]:
        got = get(user, secret)
        equal((got.status, got.body, [h for h in got.headers if h[0] != 'date']), (401, want.body, [h for h in want.headers if h[0] != 'date']), user)
    check(not [a for a in asked() if a.split()[0] in ('eve', 'daemon')], asked())
    check(':nobody 127.0.0.1' in asked(), asked())
    equal(ask('GET', '/ann/', token='secret of ann').status, 401)

    # The account counts too: locked, or with a password that has run out.
    stack(auth, 'account required pam_succeed_if.so quiet user != dan')
    equal(get('dan', 'secret of dan').status, 401)
    for result in ('acct_expired', 'new_authtok_reqd', 'perm_denied'):
        stack(auth, f'account required pam_debug.so acct={result}')
        equal(get('dan', 'secret of dan').status, 401, result)
    stack('auth required pam_deny.so', account)
    equal(get('dan', 'secret of dan').status, 401)

    # PAM cannot say: not a wrong password, but 503, and the reason in the log.
    for result in ('authinfo_unavail', 'system_err', 'abort'):
        stack(f'auth required pam_debug.so auth={result}', account)
        got = get('dan', 'secret of dan')
        equal((got.status, got['retry-after'] is not None), (503, True), result)
    stack('auth required no_such_module.so', account)
    equal(get('dan', 'secret of dan').status, 503)
    stack(auth, account)
    equal(get('dan', 'crash').status, 503)
    equal(get('dan', 'secret of dan').status, 200)

    # One that hangs keeps nobody: others are asked side by side, and it is ended, with what it has started.
    results = []
    slow = [threading.Thread(target=lambda: results.append(get('dan', 'slow').status)) for _ in range(6)]
    for t in slow:
        t.start()
    until('six questions under way', lambda: len(keepers()[1]) >= 6)
    equal(ask('GET', '/.sync/healthz', token=None).status, 200)
    equal(ask('PUT', '/ann/meanwhile', b'x').status, 201)
    equal(get('bea', 'of the store').status, 200)
    syncd('user', 'add', 'fay', '--rights', 'read:/ann')
    equal(get('fay', 'secret of fay').status, 200)
    for t in slow:
        t.join()
    equal(results, [503] * 6)
    until('nothing is left of them', lambda: not keepers()[1])
    left = open('left').read().split()
    equal(len(left), 7)
    until('nor of what they started', lambda: not [pid for pid in left if os.path.exists('/proc/' + pid)])

    # Removed, or without the right: PAM's yes is not enough.
    line = Connection()
    equal(get('ann', 'secret of ann', line).status, 200)
    syncd('user', 'rights', 'ann', '--rights', 'read:/elsewhere')
    equal(get('ann', 'secret of ann', line).status, 404)
    syncd('user', 'rm', 'ann')
    equal(get('ann', 'secret of ann', line).status, 401)

    # Without the keeper tokens and the store's own passwords go on; the rest is 503, and said.
    (keeper,), _ = keepers()
    os.kill(keeper, signal.SIGKILL)
    until('it has gone', lambda: get('fay', 'secret of faye').status == 503)
    equal(get('fay', 'secret of fay').status, 200, 'for as long as what was seen is believed')
    equal(get('bea', 'of the store').status, 200)
    equal(ask('GET', '/ann/').status, 200)


def refused():
    """A config that cannot work is refused at once, by `config check` and by `serve`."""
    for service, reason in [('no-such-service', 'no /etc/pam.d/no-such-service'), ('../x', 'neither a name nor an absolute path'), ('/nowhere/x', '/nowhere/x')]:
        with open('wrong.conf', 'w') as f:
            f.write(f'pam = {service}\n')
        for command in (['config', 'check', 'wrong.conf'], ['serve', '--config', 'wrong.conf', '--run', 'true']):
            p = subprocess.run(['syncd', *command], capture_output=True, text=True)
            check(p.returncode == 2 and reason in p.stderr + p.stdout, service, p)


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
if 'libpam' not in subprocess.run(['ldd', os.environ['BUILD'] + '/syncd'], capture_output=True, text=True).stdout:
    print('this syncd was built without PAM')
    sys.exit(77)
os.mkdir('pam.d')
with open(ASK, 'w') as f:
    f.write(PROGRAM)
os.chmod(ASK, 0o755)
stack(AUTH, 'account required pam_permit.so')
with open(CONFIG, 'w') as f:
    f.write(f'pam = {SERVICE}\nsandbox = auto\nlog-level = info\n')
with open('server.log', 'w') as log:
    status = subprocess.run(['syncd', 'serve', '--config', CONFIG, '--run', shlex.join([sys.executable, os.path.abspath(__file__)])],
                            env={**os.environ, 'INSIDE': '1'}, stderr=log).returncode
log = open('server.log').read()
sys.stderr.write(log[-3000:] if status else '')
equal(status, 0)
check('check_password pam=' in log, 'what PAM could not say is said')
check('secret of' not in log and 'secret of' not in open('asked').read())
refused()
