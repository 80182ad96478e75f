"""Listings: plain, HTML, JSON; sorted, escaped, tagged; unusual names; a folder that does not fit in memory."""
import hashlib, json, os, re, sys, urllib.parse
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

NAMES = ['a b', 'ä', 'a\u0308x', '<script>&"', "it's", '%41', '#?', 'z' * 255, '日本', '+;=@:,$', '.hidden', 'back\\slash', '😀']


def folder_hash(members):
    """The folder hash from scratch: a sum over the members, hashed with their number."""
    total = 0
    for kind, name, digest in members:
        raw = name.encode()
        total += int.from_bytes(hashlib.sha256(kind.encode() + len(raw).to_bytes(2, 'big') + raw + bytes.fromhex(digest)).digest(), 'big')
    total %= 1 << 256
    return hashlib.sha256(total.to_bytes(32, 'big') + len(members).to_bytes(8, 'big')).hexdigest()


def plain(c, path):
    a = c.ask('GET', path)
    equal((a.status, a['content-type'], a['vary']), (200, 'text/plain; charset=utf-8', 'Accept'))
    rows = [re.fullmatch(r'([fd]) ([0-9a-f]{64}) (\d+) (.*)', line).groups() for line in a.body.decode().split('\n')[:-1]]
    equal(a.body, b''.join(b' '.join(x.encode() for x in row) + b'\n' for row in rows))
    names = [r[3].removesuffix('/') if r[0] == 'd' else r[3] for r in rows]
    equal(names, sorted(names, key=str.encode), path)
    equal(a['etag'], '"' + folder_hash([(r[0], n, r[1]) for r, n in zip(rows, names)]) + '"', path)
    return rows


def names(c):
    c.ask('MKCOL', '/d')
    for n, name in enumerate(NAMES):
        url = '/d/' + urllib.parse.quote(name)
        equal(c.ask('PUT', url, b'x' * n).status, 201, name)
        equal(c.ask('GET', url).body, b'x' * n, name)
    # One name in two normal forms is one name; it is answered as it was stored.
    equal(c.ask('PUT', '/d/' + urllib.parse.quote('a\u0308'), b'x').status, 204)
    c.ask('MKCOL', '/d/sub')
    c.ask('PUT', '/d/sub/f', b'12345')
    rows = plain(c, '/d/')
    equal(sorted(r[3] for r in rows), sorted(NAMES + ['sub/']))
    equal([r for r in rows if r[0] == 'd'][0][2], '5', 'live bytes below')
    plain(c, '/d/sub/')
    equal([r[3] for r in plain(c, '/')], ['d/'])


def forms(c):
    a = c.ask('GET', '/d')
    equal((a.status, a['content-location']), (200, '/d/'))
    equal(c.ask('GET', '/d/')['content-location'], None)
    head = c.ask('HEAD', '/d')
    equal((head.status, head['content-length'], head['etag']), (200, str(len(a.body)), a['etag']))
    a = c.ask('GET', '/d/', Accept='text/html,application/xhtml+xml;q=0.9,*/*;q=0.8')
    equal((a['content-type'], a['vary'], a['etag']), ('text/html; charset=utf-8', 'Accept', None))
    check(b'<script>' not in a.body and b'&lt;script&gt;' in a.body)
    hrefs = re.findall(r'href="([^"]+)"', a.body.decode())
    equal(len(hrefs), len(NAMES) + 1)
    for href in hrefs:
        equal(c.ask('GET', '/d/' + href.removeprefix('./')).status, 200, href)
    a = c.ask('GET', '/d/', Accept='application/json')
    equal((a['content-type'], a['etag']), ('application/json', None))
    members = {m['name']: m for m in json.loads(a.body)['members']}
    equal(set(members), set(NAMES) | {'sub'})
    equal(members['sub']['kind'], 'folder')
    equal(members['a b']['etag'], hashlib.sha256(b'').hexdigest())


def many(c):
    """Larger than what is kept in memory, and than one page."""
    count = 3500
    c.ask('MKCOL', '/many')
    for i in range(0, count, 100):
        c.send(b''.join(request('PUT', f'/many/{"n" * 60}{j:05}', b'%d' % j) for j in range(i, i + 100)))
        for _ in range(100):
            equal(c.answer().status, 201)
    equal(len(plain(c, '/many/')), count)
    seen, after = [], ''
    while True:
        page = json.loads(c.ask('GET', '/many/' + (f'?after={after}' if after else ''), Accept='application/json').body)
        seen += [m['name'] for m in page['members']]
        after = page.get('next')
        if not after:
            break
    equal((len(set(seen)), len(seen)), (count, count))
    equal(c.ask('DELETE', '/many').status, 204)
    equal([r[3] for r in plain(c, '/')], ['d/'])


def main():
    c = Connection()
    equal(plain(c, '/'), [])
    names(c)
    forms(c)
    many(c)


run(main)
