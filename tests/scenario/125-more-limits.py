"""The limits of WebDAV, each by its key: path depth, names, XML, properties, locks.  What is there already stays usable."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
CONFIG = '''max-path-depth = 3
max-name = 10
max-xml = 4 KiB
max-properties = 4
max-property-bytes = 1000
max-locks = 4
max-locks-per-user = 3
'''


def main():
    for path in ('/a', '/a/b'):
        equal(ask('MKCOL', path).status, 201)
    equal(ask('PUT', '/a/b/c', b'x').status, 201)
    # Names and depth, by each way to make something.
    for method, path, fields in (('PUT', '/a/b/c/d', {}), ('MKCOL', '/a/b/x/d', {}), ('LOCK', '/a/b/x/d', {}), ('PUT', '/' + 'n' * 11, {}), ('MKCOL', '/' + 'n' * 11, {}),
                                 ('LOCK', '/' + 'n' * 11, {}), ('COPY', '/a/b/c', {'Destination': '/' + 'n' * 11}), ('MOVE', '/a/b/c', {'Destination': '/a/b/x/d'})):
        equal(ask(method, path, {'LOCK': LOCK, 'PUT': b'x'}.get(method), **fields).status, 414, method, path)
    equal(ask('PUT', '/' + 'n' * 10, b'x').status, 201)
    # What a folder brings along, too; as deep as may be is not too deep.
    for path in ('/x', '/e', '/e/e'):
        equal(ask('MKCOL', path).status, 201)
    back = {'COPY': lambda at, to: equal(ask('DELETE', at).status, 204), 'MOVE': lambda at, to: equal(ask('MOVE', at, Destination=to).status, 201)}
    for method in ('COPY', 'MOVE'):
        equal(ask(method, '/a', Destination='/x/a').status, 414, method)
        for source, to in (('/e', '/x/e'), ('/a', '/longer')):
            equal(ask(method, source, Destination=to).status, 201, method, to)
            back[method](to, source)
    equal(ask('GET', '/x/a').status, 404)
    equal(ask('GET', '/' + 'n' * 11).status, 404)
    # XML
    def body(size):
        return b'<propfind xmlns="DAV:"><prop><getetag/></prop><!--' + b'x' * (size - 75) + b'--></propfind>'
    equal(ask('PROPFIND', '/a', body(4000), Depth='0').status, 207)
    equal(ask('PROPFIND', '/a', body(5000), Depth='0').status, 413)
    # Properties
    def set_props(path, names, value='v'):
        text = ''.join(f'<{n} xmlns="urn:x">{value}</{n}>' for n in names)
        return ask('PROPPATCH', path, f'<propertyupdate xmlns="DAV:"><set><prop>{text}</prop></set></propertyupdate>'.encode())
    equal(set_props('/a', 'klmn').status, 207)
    check(set_props('/a', 'o').status in (413, 507) or b'507' in set_props('/a', 'o').body)
    check(b'<' in ask('PROPFIND', '/a', b'<propfind xmlns="DAV:"><prop><k xmlns="urn:x"/></prop></propfind>', Depth='0').body)
    equal(ask('PROPFIND', '/a', b'<propfind xmlns="DAV:"><prop><o xmlns="urn:x"/></prop></propfind>', Depth='0').body.count(b'404'), 1)
    big = set_props('/a/b', 'k', 'v' * 1200)
    check(big.status == 413 or b'507' in big.body, big)
    # Locks: of one user, and of all.
    tokens = []
    for name in 'pqr':
        a = ask('LOCK', '/' + name, LOCK)
        equal(a.status, 201, name)
        tokens.append((name, a['lock-token']))
    equal(ask('LOCK', '/s', LOCK).status, 507)
    equal(ask('GET', '/s').status, 404)
    equal(ask('UNLOCK', '/p', Lock_Token=tokens[0][1]).status, 204)
    equal(ask('LOCK', '/s', LOCK).status, 201)


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
with open('config', 'w') as f:
    f.write(CONFIG)
sys.exit(start('--config', 'config'))
