"""A download that was cut goes on where it stopped, only with the same version, and only into a temporary of its own; ctrl-C
and kill leave nothing half done."""
import os, signal, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *

one, two = os.urandom(400000), os.urandom(400000)
current, cut_at, log = one, 150000, []


def handler(r):
    if r.method == 'OPTIONS':
        return options(r, FEATURES)
    if r.method == 'PUT':
        time.sleep(60)
    log.append(r['range'])
    head = [('ETag', etag(current)), ('Accept-Ranges', 'bytes')]
    if r['if-none-match'] == etag(current):
        return reply(304, *head, length=False)
    if r['range'] and r['if-range'] == etag(current):
        first = int(r['range'][6:-1])
        if first >= len(current):
            return reply(416, *head)
        return reply(206, *head, ('Content-Range', f'bytes {first}-{len(current) - 1}/{len(current)}'), body=current[first:])
    if cut_at is None:
        return reply(200, *head, body=current)
    r.sock.sendall(reply(200, *head, ('Content-Length', str(len(current)))) + current[:cut_at])
    time.sleep(60)


mock = Mock(handler)
env = mock.env()


def partials():
    return [n for n in os.listdir('.') if n.startswith('.sync-')]


def interrupted(*args, number=signal.SIGINT):
    """Starts the client, waits until something arrived, and interrupts it."""
    process = subprocess.Popen([CLIENT, *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seen = len(mock.requests)
    for _ in range(200):
        time.sleep(0.05)
        if len(mock.requests) > seen and (args[0] == 'push' or any(os.path.getsize(n) >= cut_at for n in partials())):
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    return process.returncode, err.decode()


write('f', 'old'), os.utime('f', (1, 1))
code, err = interrupted('pull', '--force', 'f')
assert code == 130 and 'interrupted' in err, (code, err)
assert read('f') == b'old' and len(partials()) == 1 and os.path.getsize(partials()[0]) == cut_at
# The same version: only the rest comes.
cut_at = None
sync('pull', '--force', 'f', env=env)
assert log[-1] == 'bytes=150000-' and read('f') == one and not partials(), log

# Killed, and the server has another version meanwhile: from the first byte.
os.remove('f')
cut_at = 150000
code, err = interrupted('pull', 'f', number=signal.SIGKILL)
assert code == -9 and not os.path.exists('f') and len(partials()) == 1
current, cut_at = two, None
sync('pull', 'f', env=env)
assert log[-1] == 'bytes=150000-' and read('f') == two and not partials()

# All had come when it was killed: nothing is left to fetch (416), and it is whole all the same.
os.remove('f')
current, cut_at = one, 150000
interrupted('pull', 'f', number=signal.SIGKILL)
write(partials()[0], one)
cut_at = None
sync('pull', 'f', env=env)
assert read('f') == one and not partials()

# What was left is not what it should be: noticed by its digest, thrown away, and the next pull is right.
os.remove('f')
cut_at = 150000
interrupted('pull', 'f', number=signal.SIGKILL)
write(partials()[0], b'x' * 1000)
cut_at = None
assert 'not what its ETag names' in sync('pull', 'f', env=env, want=1).err
assert not partials() and not os.path.exists('f')
sync('pull', 'f', env=env)
assert read('f') == one

# A link in the place of the temporary is not followed.
os.remove('f')
cut_at = 150000
interrupted('pull', 'f', number=signal.SIGKILL)
name = partials()[0]
os.remove(name), write('victim', 'v'), os.symlink('victim', name)
cut_at = None
sync('pull', 'f', env=env)
assert read('victim') == b'v' and read('f') == one

# Another server's word for the file changes here while it is being fetched: the change stays.
cut_at = None
os.remove(name), os.remove('f')
def slow(r):
    if r.method == 'GET':
        r.sock.sendall(reply(200, ('ETag', etag(two)), ('Content-Length', str(len(two)))) + two[:1000])
        write('f', 'written meanwhile')
        r.sock.sendall(two[1000:])
        return None
    return options(r, FEATURES)
mock.handler = slow
assert 'changed here while' in sync('pull', 'f', env=env, want=3).err
assert read('f') == b'written meanwhile' and not partials()

# ctrl-C in a push: 130, and the state has not learned anything.
mock.handler = handler
write('g', 'g')
code, err = interrupted('push', 'g')
assert code == 130 and 'safe to run again' in err, (code, err)

# The disk says no: nothing is replaced, nothing is left, and it is said.
mock.handler, cut_at, current = handler, None, one
os.path.exists('g2') and os.remove('g2')
write('g2', 'old')
for fault, words in (('partial-write:2:ENOSPC', 'no space'), ('pull-sync:1:EIO', 'durable')):
    run = sync('pull', '--force', 'g2', env={**env, 'SYNCD_FAULT': fault}, want=1)
    assert words in run.err and read('g2') == b'old' and not partials(), run
# Without a state (it cannot be opened) everything works, and nothing is overwritten unseen.
mock.handler = Files(**{'/there': b'theirs'})
blind = {**env, 'XDG_STATE_HOME': '/dev/null'}
write('there', 'mine')
run = sync('push', 'there', env=blind, want=3)
assert 'working without what was last seen' in run.err and mock.handler['/there'] == b'theirs', run
sync('pull', 'there', env=blind, want=3), sync('pull', '--force', 'there', env=blind)
assert read('there') == b'theirs' and 'unchanged' in sync('push', 'there', env=blind).out
