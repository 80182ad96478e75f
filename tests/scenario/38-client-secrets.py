"""What the client signs in with is wiped before its memory is given back (lib/leftover.c looks at each free()): token, login code, the pair
and its base64, the files and lines that they came from; libcurl's own copies of a field as it was sent are not ours to wipe.  (What printf() leaves on the stack it cannot see.)"""
import base64, os, re, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

if 'san' in os.environ['BUILD']:
    print('a sanitizer has a malloc() of its own')
    sys.exit(77)
if 'SYNC_URL' not in os.environ:
    sys.exit(subprocess.run(['syncd', 'serve', '--run', f'{sys.executable} {os.path.abspath(sys.argv[0])}']).returncode)

url, pin, token, store = (os.environ[k] for k in ('SYNC_URL', 'SYNC_PIN', 'SYNC_TOKEN', 'SYNC_STORE'))
subprocess.run(['cc', '-D_GNU_SOURCE', '-O1', '-fPIC', '-shared', '-o', 'leftover.so', os.path.join(os.environ['TOP'], 'tests/scenario/lib/leftover.c')],
               check=True)


def syncd(*args):
    return subprocess.run(['syncd', *args, '--store', store], check=True, capture_output=True, text=True).stdout.strip()


def coded(pair):
    return base64.b64encode(pair.encode()).decode()


def watched(words, **more):
    if os.path.exists('left'):
        os.remove('left')
    return environment(LD_PRELOAD=f'{os.getcwd()}/leftover.so', LEFTOVER_LOG=f'{os.getcwd()}/left', LEFTOVER_WORDS=' '.join(words), **more)


def wiped(*args, words, want=0, **more):
    run = sync(*args, env=watched(words, **more), want=want)
    assert not os.path.exists('left'), (args, read('left'))
    return run


user = json.loads(syncd('token', 'ls', '--json').splitlines()[0])['user']
words = [token, f'{user}:{token}', coded(f'{user}:{token}')]
conf, cred = '.config/sync/config', '.config/sync/credentials'

# The search finds: the secret in argv's place, a name, is given back as it is.
sync('ls', '/' + token, env=watched([token], SYNC_URL=url, SYNC_PIN=pin, SYNC_TOKEN=token), want=4)
assert token.encode() in read('left')

# From a file; stored, and read from what was stored; among others'.
write('token', token + '\n')
wiped('login', url, '--pin', pin, '--token-file', 'token', '-r', 'files', words=words)
write(cred, '[remote other]\ntoken = another\n\n' + read(cred).decode() + '\n[remote last]\ntoken = last\n')
wiped('ls', words=words)
wiped('login', url, '--pin', pin, '--token-file', 'token', '-r', 'files', words=words)
wiped('logout', '-r', 'files', words=words)
# From the environment, a file it names, a command.
for more in (dict(SYNC_TOKEN=token), dict(SYNC_TOKEN_FILE='token')):
    wiped('ls', words=words, SYNC_URL=url, SYNC_PIN=pin, **more)
write(conf, read(conf).decode().replace('\npin', f'\ntoken-command = LD_PRELOAD= cat {os.getcwd()}/token\npin', 1))
wiped('ls', words=words)
# As Basic.
write(conf, read(conf).decode().replace('\npin', f'\nuser = {user}\nauth = basic\npin', 1))
wiped('ls', words=words)
wiped('clone', '/', 'linked', words=words)

# A link's code.  (The token in the answer is in libcurl's buffer, as it came.)
link = syncd('invite', 'ann', '--rights', 'write:/').splitlines()[0]
code = re.search(r'#ann:([^~]+)~', link).group(1)
wiped('login', link, '-r', 'ann', words=[f'ann:{code}', coded(f'ann:{code}')])
