"""Who sees what by PROPFIND: what one may not read is not there, the way down is bare, reserved names are never listed."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *


def main():
    for path in ('/a', '/a/docs', '/a/docs/deep', '/a/other', '/a/docsx', '/b', '/c'):
        equal(ask('MKCOL', path).status, 201)
    for path in ('/a/docs/f', '/a/docs/deep/g', '/a/other/h', '/b/i', '/top'):
        equal(ask('PUT', path, b'secret').status, 201)
    proppatch('/a', ('set', '<Z:secret>secret</Z:secret>'))
    reader, writer = new_token('--scope', 'read:/a/docs'), new_token('--scope', 'write:/a/docs', '--scope', 'read:/b')
    below = ['/a/docs/', '/a/docs/deep/', '/a/docs/deep/g', '/a/docs/f']

    for depth, want in (('0', ['/']), ('1', ['/', '/a/']), ('infinity', ['/', '/a/', *below])):
        equal(names(propfind('/', depth=depth, token=reader)), want)
    equal(names(propfind('/', depth='infinity', token=writer)), ['/', '/a/', *below, '/b/', '/b/i'])
    equal(names(propfind('/a', depth='1', token=reader)), ['/a/', '/a/docs/'])
    equal(names(propfind('/a/docs', depth='infinity', token=reader)), below)
    for path in ('/a/other', '/a/other/h', '/a/docsx', '/top', '/c', '/none'):
        equal(ask('PROPFIND', path, b'', token=reader, Depth='0').status, 404, path)
        check(ask('PROPPATCH', path, update(('set', '<Z:a/>')), token=reader).status in (403, 404), path)

    # Of the way down no hash, size, time or property of what cannot be seen.
    everything = prop('getetag', 'getlastmodified', 'quota-used-bytes', 'quota-available-bytes', 'resource-id', ('getctag', 'http://calendarserver.org/ns/'),
                      ('size', OC), ('id', OC), ('secret', 'urn:z'))
    for path in ('/', '/a'):
        way = propfind(path, everything, depth='1', token=reader)
        for href in ('/', '/a/'):
            if href in way:
                check(not way[href].found, href, way[href].found)
    for body in (b'', b'<propfind xmlns="DAV:"><propname/></propfind>'):
        a = ask('PROPFIND', '/a', body, token=reader, Depth='0')
        check(b'secret' not in a.body and b'getetag' not in a.body, a)
    check(propfind_one('/a/docs', everything, token=reader).text('getetag'))

    # What one may do is told (RFC 5397, RFC 3744 §5.4).
    def privileges(path, token):
        return {e.tag for p in propfind_one(path, prop('current-user-privilege-set'), token=token).found[name('current-user-privilege-set')] for e in p}
    check(name('write') in privileges('/a/docs', writer) and name('write') not in privileges('/a/docs', reader))
    check(name('write') not in privileges('/b/i', writer))
    equal([propfind_one('/a/docs/f', prop(('permissions', OC)), token=t).text('permissions', OC) for t in (reader, writer)], ['G', 'GDNVW'])

    # Changing needs the right to write; the body does not matter for that.
    for path in ('/a/docs/f', '/a/docs', '/a', '/'):
        equal(ask('PROPPATCH', path, b'', token=reader).status, 403, path)
    equal(ask('PROPPATCH', '/a', update(('set', '<Z:a/>')), token=writer).status, 403)
    equal(proppatch('/a/docs/f', ('set', '<Z:a/>'), token=writer).by_status.keys(), {200})

    # A lock above is shown only to who may read its root.
    lock = ask('LOCK', '/a', b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>secret</owner></lockinfo>')
    equal(lock.status, 200)
    check(not list(propfind_one('/a/docs', prop('lockdiscovery'), token=reader).found[name('lockdiscovery')]))
    equal(len(propfind_one('/a/docs', prop('lockdiscovery')).found[name('lockdiscovery')]), 1)
    equal(ask('UNLOCK', '/a', Lock_Token=lock['lock-token']).status, 204)

    check(not any(n.startswith(('/.sync', '/remote.php')) for n in names(propfind('/', depth='infinity'))))
    for path in ('/.sync', '/.sync/x', '/remote.php'):
        check(ask('PROPFIND', path, b'', Depth='0').status == 404, path)
        check(ask('PROPPATCH', path, update(('set', '<Z:a/>'))).status in (403, 404), path)
    equal(ask('PROPFIND', '/remote.php/dav/files/nobody/', b'', Depth='0').status, 404)


run(main)
