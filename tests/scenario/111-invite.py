"""invite: the link signs in, once; of many who come with its code at once, one gets a token.  On a stopped store as well."""
import base64, os, re, subprocess, sys, threading
from urllib.parse import urlsplit
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')


def invite(*args, store=STORE, status=0):
    p = subprocess.run(['syncd', 'invite', *args, '--store', store], capture_output=True, text=True)
    equal(p.returncode, status, p.stderr)
    return p.stdout.strip() if status == 0 else p.stderr


def take_apart(link):
    found = re.fullmatch(r'(https://[^/#]+/)#([^:]+):([0-9a-f]{32})(~sha256//[A-Za-z0-9+/]{43}=)?', link)
    check(found, link)
    return found.groups()


def login(user, code, label='ann@desk'):
    c = Connection()
    basic = base64.b64encode(f'{user}:{code}'.encode()).decode()
    answer = c.ask('POST', '/.sync/login', label.encode(), token=None, Authorization='Basic ' + basic, Content_Type='text/plain')
    c.close()
    return answer


def race(link, count=12):
    """Every contender with a connection of its own, all at once."""
    _, user, code, _ = take_apart(link)
    answers, gate = [], threading.Barrier(count)

    def contend(i):
        gate.wait()
        answers.append(login(user, code, f'ann@{i}'))

    threads = [threading.Thread(target=contend, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [a for a in answers if a.status == 200]
    equal((len(won), sorted({a.status for a in answers if a.status != 200})), (1, [401]))
    return won[0].body.decode().strip()


def main():
    url, user, code, pin = take_apart(invite('ann', '--rights', 'write:/ann'))
    equal((url, user, pin), (os.environ['SYNC_URL'], 'ann', '~' + os.environ['SYNC_PIN']))
    token = login(user, code).body.decode().strip()
    equal(ask('MKCOL', '/ann', token=token).status, 201)
    equal(ask('PUT', '/ann/a', b'x', token=token).status, 201)
    equal(ask('PUT', '/b', b'x', token=token).status, 404)
    equal(login(user, code).status, 401)

    # Who is there is not changed by an invitation; the name is as it is written there.
    equal(take_apart(invite('ANN'))[1], 'ann')
    check('other rights' in invite('ann', '--rights', 'write:/', status=1))
    invite('a b', status=2)
    invite('eve', '--rights', 'all', status=2)

    token = race(invite('ann'))
    equal(ask('GET', '/ann/a', token=token).status, 200)
    said = json.loads(subprocess.run(['syncd', 'invite', 'ann', '--json', '--store', STORE], check=True, capture_output=True).stdout)
    equal((sorted(said), said['rights']), (['expires', 'link', 'rights', 'user'], ['write:/ann']))
    # A newer code does not end an older one; the user's removal ends all.
    first, second = invite('ann'), said['link']
    equal(login('ann', take_apart(first)[2]).status, 200)
    subprocess.run(['syncd', 'user', 'rm', 'ann', '--store', STORE], check=True)
    equal(login('ann', take_apart(second)[2]).status, 401)
    equal(ask('GET', '/ann/a', token=token).status, 401)

    # The client understands the link.
    link = invite('bea', '--rights', 'write:/ann')
    env = {**os.environ, 'HOME': os.getcwd() + '/home', 'XDG_CONFIG_HOME': os.getcwd() + '/home/config'}
    for name in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN'):
        env.pop(name)
    p = subprocess.run(['syncc', 'login', link], env=env, capture_output=True, text=True)
    equal(p.returncode, 0, p.stderr)
    equal(subprocess.run(['syncc', 'cat', '/ann/a'], env=env, capture_output=True).stdout, b'x')

    # Made while the server is stopped, spent when it runs: the code is in the store, and the pin that of its key.
    subprocess.run(['syncd', 'serve', 'other', '--run', 'true'], check=True, env={**os.environ, 'INSIDE': ''})
    url, user, code, pin = take_apart(invite('ann', store='other'))
    equal(urlsplit(url).port, 8443)
    spend = f'curl -sk -u ann:{code} --data-binary ann@desk -H "Content-Type: text/plain" "${{SYNC_URL}}.sync/login"; echo; echo "$SYNC_PIN"'
    out = subprocess.run(['syncd', 'serve', 'other', '--run', spend], check=True, capture_output=True, text=True).stdout.split()
    check(out[0].startswith('sd_'), out)
    equal('~' + out[1], pin)


run(main)
