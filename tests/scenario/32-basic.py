"""A server that only takes Basic gets the same secret that way, once, and it is remembered; one that takes Bearer never
does."""
import base64, os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

basic = 'Basic ' + base64.b64encode(b'ann:secret-token').decode()
offers = [('WWW-Authenticate', 'Basic realm="x, Bearer"')]


def before(r):
    if r.method != 'OPTIONS' and r['authorization'] != basic:
        return reply(401, *offers)
    return False


store = Files(before, **{'/f': b'x'})
mock = Mock(store)

# From the config: the 401, once; from then on Basic at once.
write('token', 'secret-token')
sync('login', mock.url, '--user', 'ann', '--token-file', 'token', '-r', 'm', env=environment())
assert 'auth = basic' in read('.config/sync/config').decode()
mock.forget()
sync('cat', 'f', env=environment())
assert [r['authorization'] for r in mock.requests] == [basic]
sync('remote', 'rm', 'm', env=environment())

# From the environment: the same, remembered with the state.
env = mock.env(SYNC_USER='ann')
fresh_state()
mock.forget(), sync('cat', 'f', env=env)
assert [r['authorization'] for r in mock.requests] == ['Bearer secret-token', basic], mock.requests
mock.forget(), sync('cat', 'f', env=env)
assert [r['authorization'] for r in mock.requests] == [basic]
# Many at once: each is sent again.
write('t/1', '1'), write('t/2', '2'), write('t/3', '3')
fresh_state()
sync('push', '-R', 't', env=env)
assert store['/t/1'] == b'1' and store['/t/3'] == b'3'
# Without a user there is no Basic; and a server that offers Bearer, too, never sees it.
mock.forget(), sync('cat', 'f', env=mock.env(), want=5)
assert len(mock.requests) == 1
offers.append(('WWW-Authenticate', 'Bearer'))
fresh_state()
mock.forget(), sync('cat', 'f', env=env, want=5)
assert len(mock.requests) == 1
