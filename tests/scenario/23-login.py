"""Signing in: the first-start link, a token file, a terminal; what is stored and how; who sees a secret; keys that do not
fit; which remote is meant."""
import os, pty, re, signal, stat, subprocess, sys, threading, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *


def on_terminal(argv, env, answers=()):
    """Runs it with a terminal for stdin, stdout and stderr; types each answer when its prompt was seen."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, env)
    text, answers = b'', list(answers)
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            data = b''
        if not data:
            break
        text += data
        if answers and answers[0][0].encode() in text:
            time.sleep(0.1)
            os.write(master, answers.pop(0)[1].encode() + b'\n')
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode().replace('\r\n', '\n')


def serve(*args):
    master, slave = pty.openpty()
    process = subprocess.Popen(['syncd', 'serve', 'store', '--listen', '127.0.0.1:0', *args], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    text = ''
    while 'later:' not in text and not (args and 'listening' in text):
        text += os.read(master, 4096).decode()
    def drain():
        try:
            while os.read(master, 4096):
                pass
        except OSError:
            pass
    threading.Thread(target=drain, daemon=True).start()
    return process, text


server, text = serve()
try:
    link = re.search(r"sync login '(\S+)'", text).group(1)
    url, user, pin = re.match(r'(.*)#([^:]+):[^~]+~(.*)', link).groups()
    env = environment()
    conf, cred = '.config/sync/config', '.config/sync/credentials'

    run = sync('login', link, env=env)
    assert run.out == f'signed in to localhost as {user} (key pinned)\n', run
    assert stat.S_IMODE(os.stat(cred).st_mode) == 0o600
    token = re.search('token = (.*)', read(cred).decode()).group(1)
    assert token not in read(conf).decode() and pin in read(conf).decode() and '[defaults]\nremote = localhost' in read(conf).decode()
    write('f', 'one\n')
    assert 'created' in sync('push', 'f', env=env).out
    # The code was for once, and a failed login leaves what was.
    before = read(conf), read(cred)
    run = sync('login', link, env=env, want=5)
    assert 'ten minutes' in run.err and (read(conf), read(cred)) == before
    # Two -v show no secret.
    run = sync('push', '-vv', '--force', 'f', env=env)
    assert token not in run.err and 'Authorization: ***' in run.err

    # Wider than 0600: refused until it is put right.
    os.chmod(cred, 0o640)
    run = sync('stat', 'f', env=env, want=2)
    assert 'others may read it' in run.err
    os.chmod(cred, 0o600)

    # logout forgets the token, and only that.
    assert 'signed out of localhost' in sync('logout', env=env).out and token not in read(cred).decode()
    run = sync('stat', 'f', env=env, want=5)
    assert 'syncc login' in run.err
    # A token from a file, a pipe, the environment, a command.
    write('token', token + '\n')
    assert sync('login', url, '--token-file', 'token', '--pin', pin, env=env).out == f'signed in to localhost as {user} (key pinned)\n'
    sync('stat', 'f', env=env), sync('logout', env=env)
    assert sync('login', url, '--token-file', 'token', '--pin', pin, '--json', env=env).objects() == [
        {'remote': 'localhost', 'url': url, 'user': user, 'pinned': True}]
    sync('logout', env=env)
    sync('login', url, '--token-file', '-', '--pin', pin, '-r', 'piped', env=env, stdin=token + '\n')
    sync('stat', 'f', '-r', 'piped', env=env), sync('stat', 'piped:f', env=env), sync('stat', 'f', env=env, want=5)
    sync('stat', 'f', env={**env, 'SYNC_TOKEN': token}), sync('stat', 'f', env={**env, 'SYNC_TOKEN_FILE': 'token'})
    write(conf, read(conf).decode().replace('[remote localhost]', '[remote localhost]\ntoken-command = cat token'))
    sync('stat', 'f', env=env)
    write('token', 'wrong'), sync('stat', 'f', env=env, want=5)
    sync('login', url, '--token-file', 'token', '--pin', pin, env=env, want=5)
    sync('login', url, '--token-file', 'missing', '--pin', pin, env=env, want=2)
    write('token', token)

    # On a terminal: the link is asked for; a token is not echoed.
    code, text = on_terminal([CLIENT, 'login', url, '--pin', pin, '-r', 'typed'], env, [('token: ', token)])
    assert code == 0 and token not in text and 'signed in to typed' in text, text
    code, text = on_terminal([CLIENT, 'login'], env, [('login link: ', 'nonsense')])
    assert code == 2 and 'a login link' in text, text
    sync('login', env=env, want=2)
    sync('login', url, '--pin', pin, env=env, want=2)  # no terminal to ask for the token

    # The key: a wrong pin, and a self-signed key without any, are 7, and nothing was said to the server.
    wrong = pin[:10] + ('A' if pin[10] != 'A' else 'B') + pin[11:]
    run = sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token, SYNC_PIN=wrong), want=7)
    assert 'nothing was sent' in run.err, run
    sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token), want=7)
    run = sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token, SSL_CERT_FILE='/nowhere'), want=2)
    assert 'install ca-certificates' in run.err, run  # a bare machine has no list of authorities
    sync('login', re.sub('~.*', '~' + wrong, link), env=env, want=7)
    sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token, SYNC_PIN=wrong + ';' + pin))   # two while a key changes
    sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token, SYNC_PIN='/etc/passwd'), want=2)
    sync('stat', 'f', env=environment(SYNC_URL=url, SYNC_TOKEN=token, SSL_CERT_FILE=os.path.abspath('store/tls.crt')))  # an authority

    # Broken links: 2 before anything is sent.
    for broken in ('https://h/#', 'https://h/#ann', 'https://h/#ann:', 'https://h/#:code', 'https://h/#ann:c~pin', 'https://h/#ann:c~',
                   'ftp://h/#ann:c', 'https://u:p@h/#ann:c', 'https://h/?q#ann:c', 'https://h/#a%0ab:c', 'https://h/ x#ann:c', '#ann:c'):
        sync('login', broken, env=env, want=2)
finally:
    server.send_signal(signal.SIGINT)
    server.wait(20)

# Which remote: -r, then SYNC_URL, SYNC_REMOTE, the default, the only one; a secret goes to its own server alone.
a, b = Mock(Files(**{'/f': b'a'})), Mock(Files(**{'/f': b'b'}))
write(conf, f'# mine\n[remote a]\nurl = {a.url}\n; kept\n[remote b]\nurl = {b.url}\nuser = bea\n')
write(cred, '[remote a]\ntoken = for-a\n[remote b]\ntoken = for-b\n'), os.chmod(cred, 0o600)
def who(env, *args):
    return sync('cat', 'f', *args, env=env).out
assert sync('cat', 'f', env=env, want=2).out == ''   # two, and none is the default
sync('remote', 'default', 'b', env=env)
assert read(conf).decode().startswith('# mine\n[remote a]\n') and '; kept\n' in read(conf).decode()
assert who(env) == 'b' and who({**env, 'SYNC_REMOTE': 'a'}) == 'a' and who({**env, 'SYNC_REMOTE': 'a'}, '-r', 'b') == 'b'
assert who({**env, 'SYNC_URL': a.url, 'SYNC_REMOTE': 'b'}) == 'a' and who({**env, 'SYNC_URL': a.url}, '-r', 'b') == 'b'
a.forget(), b.forget()
who({**env, 'SYNC_URL': a.url, 'SYNC_TOKEN': 'environment'}, '-r', 'b'), who({**env, 'SYNC_TOKEN': 'environment'}, '-r', 'a')
assert {r['authorization'] for r in b.requests} == {'Bearer for-b'} and {r['authorization'] for r in a.requests} == {'Bearer environment'}
assert sync('remote', env=env).out == f'a\t{a.url}\t\t\nb\t{b.url}\tbea\tdefault\n'
assert sync('remote', '--json', env=env).objects()[1] == {'remote': 'b', 'url': b.url, 'user': 'bea', 'default': True}
sync('remote', 'rm', 'b', env=env)
assert 'for-b' not in read(cred).decode() and who(env) == 'a' and '[remote b]' not in read(conf).decode()
sync('remote', 'add', 'a', a.url, env=env, want=2), sync('remote', 'add', 'bad name', a.url, env=env, want=2)
sync('remote', 'add', 'c', 'https://user:secret@h/', env=env, want=2), sync('remote', 'rm', 'nosuch', env=env, want=2)
assert 'did you mean' in sync('stat', 'f', '-r', 'aa', env=env, want=2).err

# A token does not travel over plain http, but to this machine or when the remote says so.
run = sync('stat', 'f', env=environment(SYNC_URL='http://192.0.2.1/', SYNC_TOKEN='t'), want=2)
assert 'plain http' in run.err
write(conf, '[remote far]\nurl = http://192.0.2.1:9/\n'), write(cred, '[remote far]\ntoken = t\n'), os.chmod(cred, 0o600)
sync('stat', 'f', env=env, want=2)
sync('login', 'http://192.0.2.1/#ann:code', env=env, want=2)
proxy = Mock(lambda r: reply(502))
run = sync('cat', 'f', env={**environment(SYNC_URL=a.url, SYNC_TOKEN='t'), 'http_proxy': proxy.url})
assert not proxy.requests  # what stays on this machine does not go through a proxy
write(conf, '[remote far]\nurl = http://192.0.2.1:9/\nallow-plain-http = yes\n')
proxy.handler = Files(**{'/f': b'x'})
proxy.handler.do_GET = lambda r: reply(200, ('ETag', etag(b'x')), body=b'x')
assert sync('cat', 'f', env={**env, 'http_proxy': proxy.url}).out == 'x' and proxy.requests[0]['authorization'] == 'Bearer t'

# Wrong config: 2, with file and line and what was probably meant.
for text, words in (('[remote a]\nurl = https://h/\nusr = x\n', ('config:3', 'user')), ('[remot a]\nurl = x\n', ('config:2',)),
                    ('[remote a]\nuser = x\n', ('no url',)), ('[remote a]\nurl = https://h/\npin = x\n', ('not a pin',)),
                    ('[defaults]\nlimit-rate = fast\n', ('no size',)), ('[remote a]\nurl = gopher://h/\n', ('https',))):
    write(conf, text)
    run = sync('stat', 'f', env=env, want=2)
    assert all(w in run.err for w in words), (text, run)
write('elsewhere/conf', f'[remote z]\nurl = {a.url}\n')
assert who({**env, 'SYNC_CONFIG': os.path.abspath('elsewhere/conf')}) == 'a'
