"""Many files: a few connections, kept; the exit code that ranks highest; one failure does not stop the others."""
import os, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

store = Files()
mock = Mock(store)
env = mock.env()
for n in range(300):
    write(f'tree/{n % 7}/{n}', f'content {n}')
run = sync('push', '-R', 'tree', env=env)
assert len(store) == 300 and run.out.count('created') == 300
assert 2 <= mock.connections <= 16, mock.connections
assert mock.count('PUT') == 300
mock.forget()
run = sync('push', '-R', 'tree', env=env)
assert run.out.count('unchanged') == 300 and mock.requests == [], mock.requests  # nothing changed: nothing is asked
write('tree/0/7', 'changed')
sync('push', '-R', 'tree', env=env)
assert [r.target for r in mock.requests] == ['/tree/0/7']

# Exit codes of many: 5 7 3 8 6 4 1.
statuses = {}
store.before = lambda r: reply(statuses[r.target]) if r.target in statuses else False
for worst, others in ((5, (412, 423, 503, 404, 500)), (3, (507, 503, 404, 500)), (8, (503, 410, 500)), (6, (404, 500)), (4, (500,)), (1, ())):
    fresh_state(), statuses.clear()
    status = {5: 403, 3: 412, 8: 413, 6: 503, 4: 404, 1: 400}[worst]
    names = []
    for n, code in enumerate((*others, status, None)):
        write(f'm{n}', f'{worst} {n}')
        names.append(f'm{n}')
        if code:
            statuses[f'/m{n}'] = code
    run = sync('push', '--force', *names, env=env, want=worst)
    assert f'm{len(names) - 1}\t' in run.out

# One after the other when a rate is set.
write('.config/sync/config', '[defaults]\nlimit-rate = 100k\n')
statuses.clear(), write('slow', os.urandom(150000))
began = time.monotonic()
sync('push', 'slow', env=env)
assert time.monotonic() - began > 0.4
