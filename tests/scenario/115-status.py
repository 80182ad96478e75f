"""status counts what happened: of a running server, and of a stopped store."""
import os, re, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')


def status(store=STORE):
    return json.loads(subprocess.run(['syncd', 'status', '--json', '--store', store], check=True, capture_output=True, text=True).stdout)


def words(store=STORE):
    return subprocess.run(['syncd', 'status', '--store', store], check=True, capture_output=True, text=True).stdout


def main():
    equal(ask('GET', '/').status, 200)
    first = status()
    equal((first['state'], first['pid'], first['changes_taken'], first['store']), ('running', server_pid(), True, STORE))
    check(all(type(v) is int for k, v in first.items() if k not in ('version', 'state', 'store', 'started', 'changes_taken')), first)
    check('0 B in all' not in words())
    check(0 <= first['uptime_s'] < 60 and first['users'] == 1 and first['tokens'] == 1, first)

    line = Connection()
    for path, body in (('/a', b'x' * 1000), ('/a', b'y' * 300), ('/b', b'y' * 300)):
        check(line.ask('PUT', path, body).status in (201, 204))
    equal(line.ask('GET', '/a').status, 200)
    equal(line.ask('GET', '/none').status, 404)
    equal(line.ask('PUT', '/large', b'z' * 2_000_000).status, 201)
    equal(line.ask('DELETE', '/large').status, 204)
    halfway = Connection()
    halfway.send(b'PUT /cut HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\nxx' % os.environ['SYNC_TOKEN'].encode())
    now = status()
    while now['running'] < 2: # that one and the question itself
        now = status()
    check(now['connections'] >= 3, now)
    grown = lambda key: now[key] - first[key]
    check(grown('requests') >= 7 and grown('accepted') >= 3, now)
    equal((grown('refused'), grown('failed'), now['queued']), (1, 0, 0))
    check(grown('bytes_in') >= 2_001_600 and grown('bytes_out') >= 300, now)
    equal((now['live_bytes'], now['history_bytes'], now['versions'], now['trashed']), (600, 2_001_000, 2, 1))
    equal((now['stored_bytes'], now['dead_bytes']), (2_001_300, 300))
    check(grown('changes') == 5 and 5 <= grown('commits') <= 6, now)
    check(0 < now['commit_p50_us'] <= now['commit_p99_us'] <= now['commit_most_us'] and now['request_mean_us'] > 0, now)
    check(now['head'] == first['head'] + 5 and now['db_bytes'] > 0 and now['wal_bytes'] > 0 and now['free_bytes'] > 0)
    halfway.close()
    while status()['cut'] == 0:
        pass

    # All that there is to know, and each of it once.
    text = words()
    check(sorted(re.findall(r'^  (\w+) ', text, re.M)) == sorted(('up', 'connections', 'requests', 'bodies', 'commits', 'queue', 'store', 'content', 'database', 'scrub',
                                                                  'history', 'journal', 'accounts')), text)
    check({'version', 'uptime_s', 'connections', 'requests', 'commits', 'commit_p99_us', 'queued', 'wal_bytes', 'stored_bytes', 'db_bytes', 'live_bytes', 'history_bytes',
           'dead_bytes', 'scrub_bytes', 'scrub_bytes_per_s', 'scrub_damages', 'scrub_ended', 'damaged'} <= set(now), now)
    for part in ('syncd 0.', ': running', 'pid ', '600 B live', '2 MiB history' if '2 MiB history' in text else '1.9 MiB history', '1 users, 1 tokens'):
        check(part in text, part, text)

    subprocess.run(['syncd', 'serve', 'other', '--run', 'curl -sk -T "$0" -H "Authorization: Bearer $SYNC_TOKEN" "${SYNC_URL}f"'.replace('$0', __file__)],
                   check=True, env={**os.environ, 'INSIDE': ''})
    stopped = status('other')
    equal((stopped['state'], stopped['live_bytes'], stopped['head']), ('stopped', os.path.getsize(__file__), 1))
    check('pid' not in stopped and 'stopped' in words('other') and 'pid' not in words('other'))
    equal(subprocess.run(['syncd', 'status', '--store', 'nowhere'], capture_output=True).returncode, 1)


run(main)
