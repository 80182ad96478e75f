"""A listing of 20,000 files: whole, in pieces, with flat memory; nobody waits for it, and a reader that stops or leaves costs nothing."""
import os, re, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

FILES, FOLDERS, WRITERS, BATCH = 20000, 40, 10, 100
LIMIT = 100000  # of Depth: infinity, in server/dav/propfind.c
EACH = FILES // FOLDERS
BODY = prop('getetag', 'resourcetype', 'getcontentlength', 'getlastmodified')


def path_of(i, deep):
    return f'/deep/{i // EACH}/{i % EACH:05}-{"n" * 40}' if deep else f'/flat/{i:05}-{"n" * 40}'


def fill():
    c = Connection()
    for i in range(EACH):
        c.send(request('PUT', path_of(i, True), b'x'))
    for i in range(EACH):
        equal(c.answer('PUT').status, 201, i)
    for i in range(1, FOLDERS):
        equal(c.ask('COPY', '/deep/0', Destination=f'/deep/{i}').status, 201)
    c.close()
    writers = [Connection() for _ in range(WRITERS)]
    for start in range(0, FILES, BATCH * WRITERS):
        for k, c in enumerate(writers):
            c.send(b''.join(request('PUT', path_of(i, False), b'x') for i in range(start + k, start + BATCH * WRITERS, WRITERS)))
        for c in writers:
            for _ in range(BATCH):
                equal(c.answer('PUT').status, 201)


def memory_kib():
    """Sanitizers keep what was freed: no measure of ours."""
    return 0 if 'san' in os.environ['BUILD'] else int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{server_pid()}/status').read())[1])


def listing(c, path, depth):
    """The hrefs, read in pieces as they come."""
    c.send(request('PROPFIND', path, BODY, Depth=depth))
    while b'\r\n\r\n' not in c.seen:
        c.more()
    head, c.seen = c.seen.split(b'\r\n\r\n', 1)
    check(b' 207 ' in head and b'transfer-encoding: chunked' in head.lower(), head)
    return b''.join(iter(c.chunk, b''))


def whole():
    c = Connection()
    listing(c, '/flat', '1')  # warm
    before = memory_kib()
    for path, depth, extra in (('/flat', '1', 1), ('/flat', 'infinity', 1), ('/deep', 'infinity', 1 + FOLDERS)):
        body = listing(c, path, depth)
        root = ElementTree.fromstring(body)
        hrefs = [r.find(name('href')).text for r in root]
        equal((len(hrefs), len(set(hrefs))), (FILES + extra, FILES + extra), path, depth)
        equal(set(hrefs) - {path_of(i, path == '/deep') for i in range(FILES)},
              {path + '/'} | ({f'/deep/{i}/' for i in range(FOLDERS)} if path == '/deep' else set()))
        equal(c.ask('HEAD', '/flat').status, 200, 'the connection is in step')
    grown = memory_kib() - before
    check(grown < 8 << 10, 'KiB more', grown)
    c.close()


def one_piece_a_reader():
    """Twelve that ask and do not read: each holds a piece, not the listing; and everybody else is served meanwhile."""
    before = memory_kib()
    slow = [Connection() for _ in range(12)]
    for c in slow:
        c.send(request('PROPFIND', '/flat', BODY, Depth='1'))
    for c in slow:
        c.more()  # its first bytes are there
    for i in range(200):
        equal(ask('HEAD', path_of(i, False)).status, 200)
    grown = memory_kib() - before
    check(grown < 24 << 10, 'KiB more', grown)
    for c in slow[:8]:
        c.close()  # gone in the middle
    for c in slow[8:]:
        equal(c.answer().body.count(b'<D:response>'), FILES + 1)
        equal(c.ask('HEAD', '/flat').status, 200)
        c.close()


def http10():
    c = Connection()
    c.send(request('PROPFIND', '/flat', BODY, Depth='1').replace(b'HTTP/1.1', b'HTTP/1.0', 1))
    try:
        while True:
            c.more()
    except EOFError:
        pass
    head, body = bytes(c.seen).split(b'\r\n\r\n', 1)
    check(b'chunked' not in head and b'content-length' not in head.lower(), head)
    equal(len(ElementTree.fromstring(body)), FILES + 1)


def meanwhile():
    """What is added and removed while a listing is read never breaks it."""
    c, other = Connection(), Connection()
    c.send(request('PROPFIND', '/flat', BODY, Depth='1'))
    c.more()
    for i in range(0, FILES, 100):
        equal(other.ask('DELETE', path_of(i, False)).status, 204)
        equal(other.ask('PUT', path_of(i, False) + '-new', b'y').status, 201)
    hrefs = [r.find(name('href')).text for r in ElementTree.fromstring(c.answer().body)]
    equal(len(hrefs), len(set(hrefs)))
    check(set(hrefs) >= {path_of(i, False) for i in range(FILES) if i % 100}, 'what stayed is there')


def too_long():
    """Over the limit it is refused before the first byte, never silently shallow (RFC 4918 §9.1)."""
    equal(ask('MKCOL', '/copies').status, 201)
    for i in range(LIMIT // FILES):
        equal(ask('COPY', '/deep', Destination=f'/copies/{i}').status, 201)
    for fields in ({'Depth': 'infinity'}, {}):
        a = ask('PROPFIND', '/copies', BODY, **fields)
        equal((a.status, a['content-type']), (403, TYPE))
        check(ElementTree.fromstring(a.body).find(name('propfind-finite-depth')) is not None, a)
    equal(len(propfind('/copies', BODY, '1')), 1 + LIMIT // FILES)
    equal(len(propfind('/copies/0', BODY, 'infinity')), 1 + FOLDERS + FILES)


def main():
    for path in ('/flat', '/deep', '/deep/0'):
        equal(ask('MKCOL', path).status, 201)
    fill()
    whole()
    one_piece_a_reader()
    http10()
    meanwhile()
    too_long()


run(main)
