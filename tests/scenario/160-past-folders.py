"""A folder as it was: its tag and size are those that it had, in every listing; time, type and executable bit come back with a content."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

TREE = b'<version-tree xmlns="DAV:"><prop><version-name/></prop></version-tree>'
EXECUTABLE = '<propertyupdate xmlns="DAV:"><set><prop><executable xmlns="http://apache.org/dav/props/">%s</executable></prop></set></propertyupdate>'


def number():
    """Of the last change: what a new one gets, less one."""
    ask('PUT', '/tick', os.urandom(8))
    return int(list(parse(ask('REPORT', '/tick', TREE)).values())[0].text('version-name')) - 1


def walk():
    """Folder to its tag, bytes and listing, as they are now."""
    def read(path):
        a = ask('GET', path)
        found = {path: (a['etag'], a.body)}
        for line in a.body.split(b'\n')[:-1]:
            if line.startswith(b'd'):
                found |= read(path + line.split(b' ', 3)[3].decode())
        return found
    return read('/t/')


def folders():
    moments = []

    def change(method, path, body=None, **fields):
        check(ask(method, path, body, **fields).status < 300, method, path)
        moments.append((walk(), number()))
    change('MKCOL', '/t')
    change('PUT', '/t/a', b'1')
    change('MKCOL', '/t/sub')
    change('MKCOL', '/t/sub/deep')
    change('PUT', '/t/sub/deep/%C3%A9%20%26', b'accents')
    change('MKCOL', '/t/other')
    change('PUT', '/t/other/x', b'x' * 1000)
    change('PUT', '/t/a', b'22')
    change('MOVE', '/t/sub/deep', Destination='/t/moved')
    change('PUT', '/t/moved/new', b'new')
    change('COPY', '/t/other', Destination='/t/sub/copy')
    change('DELETE', '/t/other')
    change('DELETE', '/t/moved/new')
    ask('DELETE', '/t')
    for then, at in moments:
        for path, (tag, body) in then.items():
            a = ask('GET', f'{path}?at={at}')
            equal((a.status, a['etag'], a.body), (200, tag, body), path, at)
            equal(ask('GET', f'{path}?at={at}', If_None_Match=tag).status, 304)
            equal(ask('HEAD', f'{path}?at={at}', If_Match=etag(b'x')).status, 412)
        found = propfind(f'/t/?at={at}', prop('getetag', ('size', OC), 'checked-in'), 'infinity')
        for path, (tag, body) in then.items():
            r = found[path]
            equal(r.text('getetag'), tag, path, at)
            equal(int(r.text('size', OC)), sum(int(line.split(b' ')[2]) for line in body.split(b'\n')[:-1]))
            a = ask('GET', r.found[name('checked-in')][0].text)
            equal((a['etag'], a.body), (tag, body))
        data = json.loads(ask('GET', f'/t/?at={at}', Accept='application/json').body)
        for m in data['members']:
            if m['kind'] == 'folder':
                equal(f'"{m["etag"]}"', then[f'/t/{m["name"]}/'][0])
    # Who may not read all there is now is not told what a sum would tell.
    reader = new_token('--scope', 'read:/t')
    (then, at) = moments[-1]
    a = ask('GET', f'/t/?at={at}', token=reader)
    equal((a.status, a['etag']), (200, None))
    check(name('getetag') in propfind(f'/t/?at={at}', prop('getetag'), '0', token=reader)['/t/'].missing)
    check(b'd ' + b'0' * 64 + b' 0 sub/' in a.body)


def limits():
    """Over what is looked at for one request there is no tag, and no wrong one."""
    ask('MKCOL', '/many'), ask('MKCOL', '/many/0')
    for i in range(100):
        ask('PUT', f'/many/0/{i}', b'%d' % i)
    for i in range(1, 510):
        equal(ask('COPY', '/many/0', Destination=f'/many/{i}').status, 201)
    ask('MKCOL', '/aside')
    before = ask('GET', '/many')['etag']
    at = number()
    equal(ask('PUT', '/many/509/new', b'1').status, 201)
    equal(ask('GET', f'/many/?at={at}')['etag'], before, 'one of 510 changed: the others are as they are')
    equal(ask('MOVE', '/many', Destination='/moved').status, 201)
    a = ask('GET', f'/many/?at={at}')
    equal((a.status, a['etag'], a.body.count(b'\n')), (200, before, 510))
    for i in range(510):
        equal(ask('PUT', f'/moved/{i}/new', b'1').status, 201 if i != 509 else 204)
    a = ask('GET', f'/many/?at={at}')
    equal((a.status, a['etag'], a.body.count(b'\n')), (200, None, 510))
    check(b'd ' + b'0' * 64 + b' 0 509/' in a.body)


def modes():
    """What comes back with an old content: time, type, executable bit; properties stay those of the file."""
    equal(ask('PUT', '/run', b'#!1', X_OC_Mtime='1000', Content_Type='text/x-one').status, 201)
    equal(ask('PROPPATCH', '/run', (EXECUTABLE % 'T').encode()).status, 207)
    equal(ask('PROPPATCH', '/run', b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">old</x></prop></set></propertyupdate>').status, 207)
    at = number()
    equal(ask('PUT', '/run', b'2', X_OC_Mtime='2000', Content_Type='text/x-two').status, 204)
    equal(ask('PROPPATCH', '/run', (EXECUTABLE % 'F').encode()).status, 207)
    equal(ask('PROPPATCH', '/run', b'<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">new</x></prop></set></propertyupdate>').status, 207)
    wanted = prop('getlastmodified', 'getcontenttype', ('executable', APACHE), ('x', 'x:'))

    def state(path):
        r = propfind(path, wanted)[path.split('?')[0]]
        return [r.text('getlastmodified'), r.text('getcontenttype'), r.text('executable', APACHE)]
    old = ['Thu, 01 Jan 1970 00:16:40 GMT', 'text/x-one', 'T']
    equal(state(f'/run?at={at}'), old)
    check(name('x', 'x:') in propfind(f'/run?at={at}', wanted)['/run'].missing, 'properties have no history')
    first = list(parse(ask('REPORT', '/run', TREE)).values())[-1].href
    equal(ask('COPY', first, Destination='/run').status, 204)
    equal(state('/run'), old)
    equal(propfind('/run', wanted)['/run'].text('x', 'x:'), 'new')
    # Out of the trash all of it comes, whole or an older content.
    equal(ask('DELETE', '/run').status, 204)
    (trashed,) = [h for h in propfind('/.sync/trash/', prop('getetag'), '1') if h.endswith('-run')]
    equal(ask('MOVE', trashed, Destination='/run').status, 201)
    equal(state('/run'), old)
    equal(propfind('/run', wanted)['/run'].text('x', 'x:'), 'new')
    equal(ask('DELETE', '/run').status, 204)
    equal(ask('COPY', first, Destination='/run').status, 201)
    equal((state('/run'), propfind('/run', wanted)['/run'].text('x', 'x:')), (old, 'new'))
    equal(ask('COPY', first, Destination='/elsewhere').status, 201)
    equal(state('/elsewhere'), old)


def main():
    for part in (folders, modes, limits):
        part()


run(main)
