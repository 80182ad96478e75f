"""/.sync/metrics: for the admin socket and for who may read that path; well-formed, and it counts what happened."""
import os, re, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

LINE = re.compile(r'([a-z_]+)(\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})? (-?[0-9.]+)')


def read(text):
    """{sample: value}; every line must have the form, every sample its HELP and TYPE before it."""
    values, types = {}, {}
    for line in text.splitlines():
        if line.startswith('# HELP '):
            name, help = line[7:].split(' ', 1)
            check(name not in types and help.endswith('.'), line)
        elif line.startswith('# TYPE '):
            name, kind = line[7:].split(' ')
            types[name] = kind
        else:
            match = LINE.fullmatch(line)
            check(match, line)
            name = match[1]
            base = re.sub('_(bucket|sum|count)$', '', name)
            check(name in types or types.get(base) == 'histogram', line)
            check(name + (match[2] or '') not in values, line)
            values[name + (match[2] or '')] = float(match[3])
    for name, kind in types.items():
        if kind == 'histogram':
            buckets = [v for k, v in values.items() if k.startswith(name + '_bucket')]
            equal(buckets, sorted(buckets))
            equal(buckets[-1], values[name + '_count'])
    # The manual's list is for who draws them: every name, and no other.
    manual = open(os.environ['TOP'] + '/packaging/man/syncd.8.mdoc').read()
    equal(set(types), set(re.findall(r'^\.It Li (syncd_\w+) Pq', manual, re.M)))
    return values


def metrics(**how):
    a = ask('GET', '/.sync/metrics', **how)
    equal((a.status, a['content-type'], a['cache-control']), (200, 'text/plain; version=0.0.4; charset=utf-8', 'no-store'))
    return read(a.body.decode())


def main():
    equal(ask('GET', '/.sync/metrics', token=None).status, 401)
    equal(ask('PUT', '/.sync/metrics', b'x').status, 405)
    monitor, other = new_token('--scope', 'read:/.sync/metrics'), new_token('--scope', 'write:/docs')
    equal(ask('GET', '/.sync/metrics', token=other).status, 404)
    before = metrics(token=monitor)
    for path in ('/', '/f', '/.sync/versions/'):
        check(b'f' not in ask('GET', path, token=monitor).body if path == '/' else ask('GET', path, token=monitor).status == 404, path)
    equal(ask('PUT', '/f', b'x' * 1000).status, 201)
    equal(ask('PUT', '/f', b'y' * 2000).status, 204)
    equal(ask('GET', '/f').body, b'y' * 2000)
    equal(ask('GET', '/none').status, 404)
    after = metrics()
    def grew(name):
        return after[name] - before.get(name, 0)
    equal(grew('syncd_requests_total{method="PUT",status="2xx"}'), 2)
    check(grew('syncd_requests_total{method="GET",status="4xx"}') >= 1)
    check(grew('syncd_received_bytes_total') >= 3000 and grew('syncd_sent_bytes_total') >= 2000)
    check(grew('syncd_store_changes_total') >= 2)
    equal(grew('syncd_store_commit_duration_seconds_count'), grew('syncd_store_commits_total'))
    check(grew('syncd_request_duration_seconds_count') >= 6)
    check(after['syncd_start_time_seconds'] > 1.7e9 and after['syncd_store_read_only'] == 0)
    # A monitor's head request, and the door for who administers the machine.
    equal(ask('HEAD', '/.sync/metrics', token=monitor).body, b'')
    out = subprocess.run(['curl', '-sS', '--unix-socket', os.environ['SYNC_STORE'] + '/admin.sock', 'http://localhost/.sync/metrics'],
                         check=True, capture_output=True, text=True).stdout
    equal(read(out)['syncd_store_head'], after['syncd_store_head'])


run(main)
