"""The journal is let go by its own rule: a token of before is refused and the client merges, one of after is served; what is kept of
history is still told; status and `journal` say where it begins; the rest of the chain still holds."""
import os, subprocess, sys
sys.path[:0] = [os.environ['TOP'] + p for p in ('/tests/lib', '/tests/crash', '/tests/scenario/lib')]
from dav import *
from multistatus import parse
from store import Server, inspect
from syncing import Machine

with open('config', 'w') as f:
    f.write('keep-all = 0s\nkeep-daily = 0s\nkeep-weekly = 0s\nkeep-journal = 0s\nscrub-rate = 0\n')
with open('later', 'w') as f:
    f.write('keep-journal = 2y\n')


def syncd(*args, status=0):
    p = subprocess.run(['syncd', *args, '--store', 'store'], capture_output=True, text=True)
    equal(p.returncode, status, args, p.stdout, p.stderr)
    return p


def status():
    return json.loads(syncd('status', '--json').stdout)


def report(line, sync_token=''):
    body = ('<D:sync-collection xmlns:D="DAV:"><D:sync-token>%s</D:sync-token><D:sync-level>infinite</D:sync-level>'
            '<D:prop><D:getetag/></D:prop></D:sync-collection>' % sync_token)
    return line.ask('REPORT', '/', body.encode(), token=token, Depth='0', Content_Type='application/xml')


def token_of(answer):
    equal(answer.status, 207, answer)
    return answer.body.split(b'<D:sync-token>')[1].split(b'</D:sync-token>')[0].decode()


# By the default nothing goes that is younger than a year.
server = Server('store', config='later')
token = server.token()
line = Connection(server.url)
equal(line.ask('MKCOL', '/d', token=token).status, 201)
for i in range(30):
    equal(line.ask('PUT', f'/d/f{i}', b'%d' % i, token=token).status, 201)
old = token_of(report(line))
away = Machine('away', '/d', where={'SYNC_URL': server.url, 'SYNC_TOKEN': token})
equal(len(away.tree()), 30)
for i in range(10):
    equal(line.ask('DELETE', f'/d/f{i}', token=token).status, 204)
    equal(line.ask('MOVE', f'/d/f{10 + i}', token=token, Destination=f'/d/moved{i}').status, 201)
done = json.loads(syncd('gc', '--json').stdout)
equal(done['changes'], 0)
equal((status()['journal_first'], status()['keep_journal_s']), (1, 2 * 365 * 86400))
check('journal      from change 1 (' in syncd('status').stdout and '730 d' in syncd('status').stdout, syncd('status').stdout)
equal(token_of(report(line, old)) != old, True)
server.stop()

server = Server('store', config='config', port=server.port)
line = Connection(server.url)
head = status()['head']
middle = token_of(report(line))
equal(json.loads(syncd('gc', '-n', '--json').stdout)['changes'] <= head, True)
done = json.loads(syncd('gc', '--json').stdout)
equal((done['trashed'], done['changes']), (10, head - 1))
equal(status()['journal_first'], head)
# The client of before: its token is no token any more (RFC 6578 §3.2), and a listing from the beginning has everything.
refused = report(line, old)
check(refused.status in (403, 409) and b'valid-sync-token' in refused.body, refused)
names = set(parse(report(line)))
check('/d/moved3' in names and '/d/f25' in names and '/d/f3' not in names, names)
# A machine that was away all the while merges (nothing proves that what it lacks was deleted): it gets all, and loses nothing of its own.
away.write('f28', 'changed here')
away.write('f29', '29')
away.run(want=None)
tree = away.tree()
check({f'f{i}' for i in range(30)} | {f'moved{i}' for i in range(10)} <= set(tree), tree)
check('changed here' in tree.values() and tree['f29'] == '29' and tree['f28'] == '28', tree)
away.remove('f27')
away.run(want=None)
equal(line.ask('GET', '/d/f27', token=token).status, 404)  # with its new token it goes on as ever
head, middle = status()['head'], token_of(report(line))
equal(json.loads(syncd('gc', '--json').stdout)['changes'] > 0, True)
# The one that ended with the last number goes on.
equal(line.ask('DELETE', '/d/f25', token=token).status, 204)
seen = report(line, middle)
check('/d/f25' in parse(seen) and token_of(seen) != middle, seen)
p = syncd('journal', '--json')
equal([json.loads(row)['number'] for row in p.stdout.splitlines()], [head, head + 1])
check(f'begins with change {head};' in p.stderr, p.stderr)
equal(syncd('journal', '--since', str(head)).stderr, '')
check(f'whole from change {head} to {head + 1}' in syncd('journal', '--verify').stdout)
equal(json.loads(syncd('journal', '--verify', '--json').stdout)['first'], head)
# What is there of history is told, whatever was before.
equal(line.ask('PUT', '/d/f29', b'new', token=token).status, 204)
check(line.ask('REPORT', '/d/f29', b'<version-tree xmlns="DAV:"><prop><getetag/></prop></version-tree>', token=token).body.count(b'<D:response>') == 2)
equal(line.ask('GET', '/?at=2001-01-01', token=token).status, 404)
server.stop()
equal(syncd('fsck').returncode, 0)
inspect('store')
