"""Every content a path had: version-tree, immutable URLs, restoring; the tree as it was; the trash; whose they are."""
import datetime, os, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

SYNCD = 'urn:x-syncd:'
TREE = b'<version-tree xmlns="DAV:"><prop><version-name/><creator-displayname/><getetag/><getcontentlength/><creationdate/>' \
       b'<client xmlns="urn:x-syncd:"/><until xmlns="urn:x-syncd:"/></prop></version-tree>'


def versions(path, **fields):
    return list(parse(ask('REPORT', path, TREE, **fields)).values())


def etags(path, **fields):
    return [v.text('getetag') for v in versions(path, **fields)]


def put(path, body, status):
    a = ask('PUT', path, body)
    equal(a.status, status, a)


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace('+00:00', 'Z')


def files():
    for body in (b'one', b'two', b'two', b'three'):
        ask('PUT', '/f', body)
    tree = versions('/f')
    equal([v.text('getetag') for v in tree], [etag(b'three'), etag(b'two'), etag(b'one')])
    check(all(v.text('creator-displayname') and v.text('client', SYNCD) for v in tree), 'who and through what')
    check(name('until', SYNCD) in tree[0].missing and tree[1].text('until', SYNCD), 'the first is current')
    check(tree[0].text('creationdate').startswith('20'))
    for v, body in zip(tree, (b'three', b'two', b'one')):
        a = ask('GET', v.href)
        equal((a.status, a.body, a['etag']), (200, body, etag(body)))
        check(a['memento-datetime'] and '</f>; rel="original timegate"' in a['link'], a)
        equal(ask('GET', v.href, If_None_Match=etag(body)).status, 304)
        equal(ask('GET', v.href, Range='bytes=1-1').body, body[1:2])
    # Nothing changes a version; PROPFIND knows it by itself.
    for method in ('PUT', 'DELETE', 'MOVE', 'PROPPATCH', 'LOCK', 'MKCOL'):
        a = ask(method, tree[1].href, b'x' if method == 'PUT' else None, Destination='/x')
        equal((a.status, a['allow']), (405, 'OPTIONS, GET, HEAD, PROPFIND, COPY'), method)
    p = propfind_one(tree[1].href, prop('version-name', 'checked-in', 'getetag', 'supportedlock', 'resourcetype'))
    equal((p.href, p.text('getetag')), (tree[1].href, etag(b'two')))
    equal(p.found[name('checked-in')][0].text, tree[1].href)
    # Restoring is a new version; what it replaces can be demanded.
    stale = ask('COPY', tree[2].href, Destination='/f', If_Match=etag(b'two'))
    equal((stale.status, stale['etag']), (412, etag(b'three')))
    equal(ask('COPY', tree[2].href, Destination='/f', Overwrite='F').status, 412)
    equal(ask('COPY', tree[2].href, Destination='/f', If_Match=etag(b'three')).status, 204)
    equal((ask('GET', '/f').body, etags('/f')[0]), (b'one', etag(b'one')))
    equal(ask('COPY', tree[1].href, Destination='/g').status, 201)
    equal(ask('GET', '/g').body, b'two')
    equal(ask('COPY', tree[1].href, Destination='/none/g').status, 409)
    equal(ask('COPY', tree[1].href, Destination='/.sync/g').status, 403)
    equal(ask('COPY', tree[1].href).status, 400)
    # A number that no content came at means what was current then; others are nothing.
    base = tree[2].href.rsplit('/', 1)[0]
    equal(ask('GET', base + '/3').body, b'two', 'the same content again is no version')
    for path in (base + '/999999', base + '/0', base + '/x', base, base + '/-1', '/.sync/versions/', base + '/1/below',
                 '/.sync/versions/00000000-0000-8000-8000-000000000003/1', base + '/1/'):
        equal(ask('GET', path).status, 404, path)
    equal(ask('REPORT', '/never', TREE).status, 404)
    equal(ask('REPORT', '/f', TREE, Depth='1').status, 400)
    equal(ask('REPORT', '/', TREE).status, 403, 'a folder has no such report')
    check('version-tree' in ask('PROPFIND', '/f', prop('supported-report-set'), Depth='0').body.decode())


def places():
    """History follows the node and the place."""
    put('/doc', b'1', 201)
    put('/doc.tmp', b'2', 201)  # an editor that moves its temp file over the old one
    equal(ask('MOVE', '/doc.tmp', Destination='/doc').status, 204)
    equal(etags('/doc'), [etag(b'2'), etag(b'1')])
    equal(ask('DELETE', '/doc').status, 204)  # one that deletes and moves
    equal(etags('/doc'), [etag(b'2'), etag(b'1')], 'of what was deleted too')
    put('/doc.new', b'3', 201)
    equal(ask('MOVE', '/doc.new', Destination='/doc').status, 201)
    equal(ask('MOVE', '/doc', Destination='/doc~').status, 201)  # one that keeps the old one aside
    put('/doc', b'4', 201)
    equal(etags('/doc'), [etag(b'4'), etag(b'3'), etag(b'2'), etag(b'1')])
    equal(ask('MKCOL', '/d').status, 201)
    equal(ask('MOVE', '/doc', Destination='/d/renamed').status, 201)
    equal(ask('MOVE', '/d', Destination='/e').status, 201)
    equal(etags('/e/renamed')[0], etag(b'4'))
    put('/e/renamed', b'5', 204)
    equal(etags('/e/renamed')[:2], [etag(b'5'), etag(b'4')])
    # The folder goes and comes again: another folder, the same place.
    equal(ask('DELETE', '/e').status, 204)
    equal(ask('MKCOL', '/e').status, 201)
    put('/e/renamed', b'6', 201)
    equal(etags('/e/renamed')[:3], [etag(b'6'), etag(b'5'), etag(b'4')])


def times():
    equal(ask('MKCOL', '/t').status, 201)
    equal(ask('MKCOL', '/t/sub').status, 201)
    put('/t/a', b'first', 201)
    put('/t/sub/b', b'below', 201)
    before = now()
    put('/t/a', b'second', 204)
    equal(ask('DELETE', '/t/sub').status, 204)
    put('/t/c', b'new', 201)
    for query in ('?at=' + before, '?at=' + before.replace('Z', '%2B00:00')):
        a = ask('GET', '/t/a' + query)
        equal((a.status, a.body, a['vary']), (200, b'first', 'accept-datetime'))
        check(a['memento-datetime'] and a['link'] == '</t/a>; rel="original timegate"', a)
        check(a['content-location'].startswith('/t/a?at='), a)
        equal(ask('GET', a['content-location']).body, b'first')
        equal(ask('GET', '/t/c' + query).status, 404)
        equal(ask('GET', '/t/sub/b' + query).body, b'below')
        listing = ask('GET', '/t' + query)
        equal([line.split(b' ', 3)[3] for line in listing.body.split(b'\n')[:-1]], [b'a', b'sub/'])
        check(listing["etag"] is not None)
        equal(names(propfind('/t/' + query, b'', '1')), ['/t/', '/t/a', '/t/sub/'])
        equal(names(propfind('/t/' + query, b'', 'infinity')), ['/t/', '/t/a', '/t/sub/', '/t/sub/b'])
        equal(propfind_one('/t/a' + query, prop('getetag')).text('getetag'), etag(b'first'))
    equal(ask('GET', '/t/a?at=' + now()).body, b'second')
    # RFC 7089
    a = ask('GET', '/t/a', Accept_Datetime='Fri, 31 Dec 2100 23:59:59 GMT')
    equal((a.status, a.body), (200, b'second'))
    equal(ask('GET', '/t/a', Accept_Datetime='Sat, 01 Jan 2000 00:00:00 GMT').status, 404)
    equal(ask('GET', '/t/a', Accept_Datetime='yesterday').status, 400)
    for bad in ('', 'x', '-1', '2026-02-30', '9' * 30):
        equal(ask('GET', '/t/a?at=' + bad).status, 400, bad)
    equal(ask('GET', '/t/a?at=99999999').status, 404, 'no such number yet')
    equal(ask('GET', '/?at=0').body, b'', 'in the beginning there was nothing')
    for method in ('PUT', 'DELETE', 'MKCOL', 'COPY', 'MOVE', 'PROPPATCH', 'LOCK', 'REPORT'):
        equal(ask(method, '/t/a?at=1', b'x' if method == 'PUT' else None, Destination='/x').status, 400, method)
    # The folder as it was, in one transaction.
    root = propfind_one('/t/?at=' + before, prop('checked-in', 'version-name', 'resource-id', 'getetag'))
    url = root.found[name('checked-in')][0].text
    equal(names(propfind(url, b'', '1')), sorted(url + n for n in ('', 'a', 'sub/')))
    equal(ask('GET', url + 'sub/b').body, b'below')
    tag = ask('GET', '/t')['etag']
    equal(ask('COPY', url, Destination='/t/', If_Match=etag(b'x')).status, 412)
    equal(ask('GET', '/t')['etag'], tag, 'all or nothing')
    a = ask('COPY', url, Destination='/t/', If_Match=tag)
    equal(a.status, 204, a)
    equal(names(propfind('/t/', b'', 'infinity')), ['/t/', '/t/a', '/t/sub/', '/t/sub/b'])
    equal((ask('GET', '/t/a').body, a['etag']), (b'first', ask('GET', '/t')['etag']))
    equal(etags('/t/a'), [etag(b'first'), etag(b'second'), etag(b'first')])
    equal(etags('/t/c'), [etag(b'new')], 'what was not there then can be had back as well')
    # Elsewhere it is a copy; once more onto itself, nothing to do.
    equal(ask('COPY', url, Destination='/u/').status, 201)
    equal(ask('GET', '/u')['etag'], ask('GET', '/t')['etag'])
    head = propfind_one('/', prop('sync-token')).text('sync-token')
    equal(ask('COPY', url, Destination='/t/').status, 204)
    equal(propfind_one('/', prop('sync-token')).text('sync-token'), head)


def trash():
    equal(ask('MKCOL', '/w').status, 201)
    put('/w/x', b'x', 201)
    put('/w/x', b'xx', 204)
    put('/w/ü&.txt', b'odd', 201)
    equal(ask('DELETE', '/w/ü&.txt').status, 204)
    equal(ask('DELETE', '/w').status, 204)
    listed = propfind('/.sync/trash/', prop('getetag', 'resourcetype', ('original-path', SYNCD), ('deleted', SYNCD), ('deleted-by', SYNCD)), '1')
    entries = list(listed.values())
    equal(entries[0].href, '/.sync/trash/')
    folder, odd = entries[1:3]
    check(folder.href.endswith('-w/') and odd.href.endswith('-%C3%BC%26.txt'), folder.href, odd.href)
    equal([e.found[name('original-path', SYNCD)][0].text for e in (folder, odd)], ['/w/', '/w/%C3%BC%26.txt'])
    check(folder.text('deleted', SYNCD).startswith('20') and folder.text('deleted-by', SYNCD))
    equal(names(propfind('/.sync/trash/')), ['/.sync/trash/'])
    equal(ask('PROPFIND', '/.sync/trash/', Depth='infinity').status, 403)
    equal(ask('GET', '/.sync/trash/').status, 405)
    equal(ask('GET', odd.href).body, b'odd')
    equal(ask('GET', folder.href + 'x').body, b'xx')
    equal([h[len(folder.href):] for h in propfind(folder.href, b'', '1')], ['', 'x'])
    for bad in ('/.sync/trash/1', '/.sync/trash/1-x', folder.href[:-1] + 'x/', '/.sync/trash/999999-w/', folder.href + 'none'):
        equal(ask('GET', bad).status, 404, bad)
    for method in ('PUT', 'COPY', 'LOCK', 'PROPPATCH'):
        equal(ask(method, odd.href, b'x' if method == 'PUT' else None, Destination='/x').status, 405, method)
    # With its history, by the same resource-id.
    equal(ask('MOVE', folder.href + 'x', Destination='/x').status, 405, 'only the whole of it')
    equal(ask('MOVE', folder.href, Destination='/w/').status, 201)
    equal(ask('GET', '/w/x').body, b'xx')
    equal(etags('/w/x'), [etag(b'xx'), etag(b'x')])
    equal(ask('GET', folder.href + 'x').status, 404, 'it is not in the trash any more')
    equal(ask('MOVE', odd.href, Destination='/w/x', Overwrite='F').status, 412)
    equal(ask('MOVE', odd.href, Destination='/w/x', If_Match=etag(b'no')).status, 412)
    equal(ask('MOVE', odd.href, Destination='/w/x').status, 204)
    equal(ask('GET', '/w/x').body, b'odd')
    # For good.
    put('/gone', b'for good', 201)
    equal(ask('DELETE', '/gone').status, 204)
    entry = list(propfind('/.sync/trash/', prop('getetag'), '1').values())[1]
    url = versions('/gone')[0].href
    equal(ask('DELETE', entry.href, If_Match=etag(b'no')).status, 412)
    equal(ask('DELETE', entry.href).status, 204)
    equal(ask('DELETE', entry.href).status, 404)
    equal((ask('REPORT', '/gone', TREE).status, ask('GET', url).status), (404, 404))


def rights():
    """A version needs the right to read the place it had then and the one its node has now."""
    for path in ('/pub', '/priv'):
        equal(ask('MKCOL', path).status, 201)
    put('/priv/f', b'secret', 201)
    put('/priv/f', b'clean', 204)
    equal(ask('MOVE', '/priv/f', Destination='/pub/f').status, 201)
    put('/pub/f', b'news', 204)
    put('/pub/g', b'was public', 201)
    put('/pub/g', b'still is', 204)
    when = now()
    equal(ask('MOVE', '/pub/g', Destination='/priv/g').status, 201)
    put('/pub/h', b'h', 201)
    put('/priv/h', b'h', 201)
    equal(ask('DELETE', '/pub/h').status, 204)
    equal(ask('DELETE', '/priv/h').status, 204)
    reader, writer = new_token('--scope', 'read:/pub'), new_token('--scope', 'write:/pub')
    everything = versions('/pub/f')
    equal([v.text('getetag') for v in everything], [etag(b'news'), etag(b'clean'), etag(b'secret')])
    equal(etags('/pub/f', token=reader), [etag(b'news'), etag(b'clean')], 'what ended elsewhere is not shown')
    equal([ask('GET', v.href, token=reader).status for v in everything], [200, 200, 404])
    equal(ask('COPY', everything[2].href, token=writer, Destination='/pub/f').status, 404)
    equal(ask('COPY', everything[1].href, token=reader, Destination='/pub/f').status, 403)
    equal(ask('COPY', everything[1].href, token=writer, Destination='/priv/f').status, 403)
    equal(ask('REPORT', '/pub/g', TREE, token=reader).status, 404, 'it is elsewhere now')
    equal(ask('GET', '/pub/g?at=' + when, token=reader).status, 404)
    equal(ask('GET', '/pub/g?at=' + when).body, b'still is')
    check('/pub/g' not in propfind('/pub/?at=' + when, b'', '1', token=reader))
    check('/pub/g' in propfind('/pub/?at=' + when, b'', '1'))
    equal(ask('GET', '/priv/?at=' + when, token=reader).status, 404)
    shown = [h for h in propfind('/.sync/trash/', prop('getetag'), '1', token=reader) if h.endswith('-h')]
    hidden = [h for h in propfind('/.sync/trash/', prop('getetag'), '1') if h.endswith('-h') and h not in shown]
    equal((len(shown), len(hidden)), (1, 1))
    equal(ask('GET', hidden[0], token=reader).status, 404)
    equal(ask('DELETE', shown[0], token=reader).status, 403)
    equal(ask('MOVE', shown[0], token=reader, Destination='/pub/h').status, 403)
    equal(ask('DELETE', hidden[0], token=writer).status, 404)
    equal(ask('MOVE', shown[0], token=writer, Destination='/pub/h').status, 201)
    for url in ('/.sync/trash/', everything[0].href):
        equal(ask('PROPFIND', url, token=None, Depth='0').status, 401)


def locks():
    put('/l', b'1', 201)
    put('/l', b'2', 204)
    old = versions('/l')[1].href
    body = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
    token = ask('LOCK', '/l', body)['lock-token']
    equal(ask('COPY', old, Destination='/l').status, 423)
    equal(ask('COPY', old, Destination='/l', If=f'({token})').status, 204)
    equal(ask('GET', '/l').body, b'1')


def main():
    for part in (files, places, times, trash, rights, locks):
        part()


run(main)
