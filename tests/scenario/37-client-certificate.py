"""A client whose only credential is a certificate: from the config, from the environment, by login; what is refused of its files before
anything is sent, and what is said when the server does not take it."""
import os, re, stat, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']


def openssl(*args):
    subprocess.run(['openssl', *args], check=True, capture_output=True)


def authority(name):
    openssl('req', '-x509', *KEY, '-days', '2', '-subj', f'/CN={name}', '-keyout', f'{name}.key', '-out', f'{name}.crt')


def certify(by, user, file=None, days='2'):
    file = file or user
    openssl('req', *KEY, '-subj', f'/CN={user}', '-keyout', f'{file}.key', '-out', f'{file}.csr')
    openssl('x509', '-req', '-in', f'{file}.csr', '-CA', f'{by}.crt', '-CAkey', f'{by}.key', '-CAcreateserial', '-days', days, '-out', f'{file}.crt')


def syncd(*args):
    return subprocess.run(['syncd', *args, '--store', 'store'], check=True, capture_output=True, text=True).stdout.strip()


def main(url, pin):
    # All in the environment.
    with_ann = dict(SYNC_URL=url, SYNC_PIN=pin, SYNC_CLIENT_CERT='ann.crt', SYNC_CLIENT_KEY='ann.key')
    env = environment(**with_ann)
    write('f', 'one\n')
    assert 'created' in sync('push', 'f', '/ann/f', env=env).out
    assert sync('ls', '/ann', env=env).out == 'f\n'
    assert sync('cat', '/ann/f', env=env).out == 'one\n'
    sync('push', 'f', '/elsewhere', env=env, want=5)
    run = sync('stat', '-vv', '/ann/f', env=env)
    assert 'Authorization' not in run.err and 'PRIVATE' not in run.err, run
    # Certificate and key in one file.
    write('both', read('ann.crt') + read('ann.key'))
    os.chmod('both', 0o600)
    sync('ls', env=environment(SYNC_URL=url, SYNC_PIN=pin, SYNC_CLIENT_CERT='both'))
    # A token that is there counts, and who shows the certificate does not help a wrong one.
    sync('ls', env={**env, 'SYNC_TOKEN': 'wrong'}, want=5)

    # Signing in: the config names the files from everywhere, and there is no token.
    os.mkdir('elsewhere')
    home = environment()
    assert sync('login', url, '--pin', pin, '--client-cert', 'ann.crt', '--client-key', 'ann.key', '-r', 'files', env=home).out == \
        'signed in to files by certificate (key pinned)\n'
    assert not os.path.exists('.config/sync/credentials')
    config = read('.config/sync/config').decode()
    assert f'client-cert = {os.getcwd()}/ann.crt\nclient-key = {os.getcwd()}/ann.key\n' in config, config
    assert sync('ls', '/ann', env=home, cwd='elsewhere').out == 'f\n'
    assert json.loads(sync('remote', '--json', env=home).out)['client_cert'] == f'{os.getcwd()}/ann.crt'
    assert re.search(r'certificate\s+ok', sync('doctor', env=home).out)
    assert 'certificate' in sync('logout', env=home).out

    # Two-way.
    sync('clone', '/ann', 'linked', env=home)
    write('linked/g', 'two\n')
    assert '1 up' in sync('run', env=home, cwd='linked').out
    assert sync('cat', '/ann/g', env=home).out == 'two\n'
    sync('push', '-R', 'linked', '/ann/copy/', env=home)

    # By hand: ~ is the home folder, and a path that depends on where one is, is none.
    sync('remote', 'add', 'hand', url, '--pin', pin, '--client-cert', 'ann.crt', '--client-key', 'ann.key', env=home)
    assert sync('cat', '-r', 'hand', '/ann/f', env=home).out == 'one\n'
    write('.config/sync/config', config.replace(f'{os.getcwd()}/', '~/'))
    assert sync('cat', '/ann/f', env=home).out == 'one\n'
    write('.config/sync/config', config.replace(f'{os.getcwd()}/', ''))
    assert 'begins with / or ~/' in sync('ls', env=home, want=2).err
    write('.config/sync/config', config)

    # Not for others' eyes, like every secret; and said before anything is sent.
    os.chmod('ann.key', 0o640)
    run = sync('ls', env=home, want=2)
    assert 'ann.key: others may read it (mode 0640); chmod 600 it' in run.err, run
    sync('login', url, '--pin', pin, '--client-cert', 'ann.crt', '--client-key', 'ann.key', env=home, want=2)
    os.chmod('ann.key', 0o600)
    for change, says in ((dict(SYNC_CLIENT_KEY='none'), 'none: no such file'), (dict(SYNC_CLIENT_CERT='none'), 'client-cert: none'),
                         (dict(SYNC_CLIENT_KEY=None), 'no client-key is set'), (dict(SYNC_CLIENT_CERT=None), 'client-key without client-cert'),
                         (dict(SYNC_CLIENT_KEY='bea.key'), 'cannot be used'), (dict(SYNC_CLIENT_CERT='f'), 'cannot be used'),
                         (dict(SYNC_URL=url.replace('https', 'http')), 'only over https')):
        run = sync('ls', env=environment(**{**with_ann, **change}), want=2)
        assert says in run.err, (change, run)
    openssl('ec', '-in', 'ann.key', '-aes128', '-passout', 'pass:words', '-out', 'sealed.key')
    os.chmod('sealed.key', 0o600)
    assert 'cannot be used' in sync('ls', env=environment(**{**with_ann, 'SYNC_CLIENT_KEY': 'sealed.key'}), want=2).err

    # One the server does not take, or whose name it does not know.
    for who, says in (('foreign', 'alert unknown ca'), ('old', 'alert certificate expired'), ('nobody', '401')):
        for _ in range(3):
            run = sync('push', 'f', '/ann/new', env=environment(**{**with_ann, 'SYNC_CLIENT_CERT': f'{who}.crt', 'SYNC_CLIENT_KEY': f'{who}.key'}), want=5)
            assert says in run.err and f'{who}.crt' in run.err, run
    assert not [line for line in open('server.log') if '"/ann/new" status=2' in line]

    # A login link beside it: the token is the credential, the certificate stays.
    link = syncd('invite', 'ann').splitlines()[0]
    assert 'as ann (key' in sync('login', link, '-r', 'files', env=home).out
    config = read('.config/sync/config').decode()
    assert 'client-cert = ' in config and 'token = ' in read('.config/sync/credentials').decode()
    assert 'signed out' in sync('logout', '-r', 'files', env=home).out
    sync('ls', env=home)


def one_that_demands():
    server = subprocess.Popen(['openssl', 's_server', '-accept', '127.0.0.1:0', '-cert', 'ours.crt', '-key', 'ours.key', '-Verify', '1', '-verify_return_error'],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        while not (found := re.match(r'ACCEPT 127\.0\.0\.1:(\d+)', line := server.stdout.readline())):
            assert line, 'openssl has ended'
        pin = subprocess.run("openssl x509 -in ours.crt -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64",
                             shell=True, check=True, capture_output=True, text=True).stdout.strip()
        run = sync('ls', env=environment(SYNC_URL=f'https://127.0.0.1:{found.group(1)}/', SYNC_PIN='sha256//' + pin, SYNC_TOKEN='x'), want=5)
        assert 'wants a certificate' in run.err, run
    finally:
        server.kill()
        server.wait()


authority('ours')
authority('theirs')
for user in ('ann', 'bea', 'nobody'):
    certify('ours', user)
certify('ours', 'ann', 'old', '-1')
certify('theirs', 'ann', 'foreign')
write('syncd.conf', 'client-ca = ours.crt\nlisten = 127.0.0.1:0\n')
server = subprocess.Popen(['syncd', 'serve', 'store', '--config', 'syncd.conf'], stderr=open('server.log', 'w'), stdin=subprocess.DEVNULL)
try:
    while not (found := re.search(r'listening on (\S+)\n(?:.*\n)*?.*known_by pin=(\S+)', read('server.log').decode())):
        assert server.poll() is None, read('server.log')
        time.sleep(0.02)
    syncd('user', 'add', 'ann', '--rights', 'read:/', '--rights', 'write:/ann')
    syncd('user', 'add', 'bea', '--rights', 'write:/')
    main(*found.groups())
    one_that_demands()
    server.terminate()
    assert server.wait(10) == 0
finally:
    if server.poll() is None:
        server.kill()
