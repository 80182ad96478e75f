"""Bodies that are no XML, too much of it, or want something fetched: the right status, nothing changed, the connection in step."""
import os, socket, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

MALFORMED = [
    b'x', b'<', b'<propfind', b'<propfind xmlns="DAV:">', b'<propfind xmlns="DAV:"></prop>', b'<D:propfind><D:allprop/></D:propfind>',
    b'<propfind xmlns="DAV:"><allprop/></propfind><more/>', b'<propfind xmlns="DAV:"><prop><a b="1" b="2"/></prop></propfind>',
    b'<propfind xmlns="DAV:"><prop><a>\x00</a></prop></propfind>', b'<propfind xmlns="DAV:"><prop><a>\xff</a></prop></propfind>',
    b'<propfind xmlns="DAV:"><prop><a>&nbsp;</a></prop></propfind>', b'<propfind xmlns="DAV:"><prop><a>&#0;</a></prop></propfind>',
    b'<?xml version="1.0" encoding="no-such"?><propfind xmlns="DAV:"><allprop/></propfind>',
    b'<propfind xmlns="DAV:" xmlns:p=""><prop><p:a/></prop></propfind>',
    # The separator by which the parser's names are told apart, as part of a namespace.
    b'<propfind xmlns="DAV:" xmlns:p="u&#10;x&gt;&lt;evil/&gt;&#10;p"><prop><p:a/></prop></propfind>',
    b'{"json": true}',
]
WRONG = [b'<propfind xmlns="DAV:"/>', b'<propfind xmlns="DAV:"><allprop/><propname/></propfind>', b'<propfind xmlns="DAV:"><prop/><allprop/></propfind>',
         b'<propfind><allprop/></propfind>', b'<propfind xmlns="urn:x"><allprop/></propfind>', b'<other xmlns="DAV:"><allprop/></other>',
         b'<propfind xmlns="DAV:"><D:unknown xmlns:D="DAV:"/></propfind>']


def document_types(port):
    url = f'http://127.0.0.1:{port}/x.dtd'.encode()
    laughs = b''.join(b'<!ENTITY l%d "%s">' % (i, b'&l%d;' % (i - 1) * 10) for i in range(1, 12))
    return [
        b'<!DOCTYPE propfind><propfind xmlns="DAV:"><allprop/></propfind>',
        b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop><a>&x;</a></prop></propfind>',
        b'<!DOCTYPE p SYSTEM "' + url + b'"><propfind xmlns="DAV:"><allprop/></propfind>',
        b'<!DOCTYPE p [<!ENTITY % x SYSTEM "' + url + b'"> %x;]><propfind xmlns="DAV:"><allprop/></propfind>',
        b'<!DOCTYPE p [<!ENTITY l0 "ha">' + laughs + b']><propfind xmlns="DAV:"><prop><a>&l11;</a></prop></propfind>',
    ]


def refused(c, path, method, body, statuses):
    a = c.ask(method, path, body, Depth='0')
    check(a.status in statuses, a, body[:200])
    equal(c.ask('GET', '/f').body, b'f', 'the connection is in step')


def hostile():
    with socket.create_server(('127.0.0.1', 0)) as trap:
        trap.settimeout(0.05)
        c = Connection()
        for body in MALFORMED + document_types(trap.getsockname()[1]):
            for method in ('PROPFIND', 'PROPPATCH'):
                refused(c, '/f', method, body, (400,))
            a = c.ask('MKCOL', '/new', body, Content_Type='application/xml')
            equal(a.status, 400, body)
        try:
            trap.accept()
            raise AssertionError('something was fetched')
        except socket.timeout:
            pass
    for body in WRONG:
        refused(c, '/f', 'PROPFIND', body, (400, 422))
    for body in (b'', b'<propertyupdate xmlns="DAV:"/>', b'<propfind xmlns="DAV:"><allprop/></propfind>', b'<propertyupdate xmlns="urn:x"/>',
                 b'<propertyupdate xmlns="DAV:"><set/></propertyupdate>'):
        refused(c, '/f', 'PROPPATCH', body, (400, 422))
    c.close()


def too_much():
    c = Connection()
    deep = b'<a>' * 5000 + b'</a>' * 5000
    wide = b'<a/>' * 100000
    many = b''.join(b'<p%d/>' % i for i in range(5000))
    attributes = b'<a ' + b' '.join(b'a%d=""' % i for i in range(3000)) + b'/>'
    for inside in (deep, wide, many, attributes):
        refused(c, '/f', 'PROPFIND', b'<propfind xmlns="DAV:"><prop>' + inside + b'</prop></propfind>', (400, 413))
        refused(c, '/f', 'PROPPATCH', b'<propertyupdate xmlns="DAV:"><set><prop>' + inside + b'</prop></set></propertyupdate>', (207, 400, 413))
    refused(c, '/f', 'PROPFIND', b'<propfind xmlns="DAV:"><prop><a' + b'a' * 200000 + b'/></prop></propfind>', (207, 400, 413))
    # By its length alone, before a byte of it is read.
    c.send(request('PROPFIND', '/f', Content_Length=str(64 << 20), Depth='0'))
    equal(c.answer().status, 413)
    c.close()
    check(not propfind_one('/f', prop('a')).found and propfind_one('/f').text('getetag') == etag(b'f'), 'nothing was changed')


def before_the_body():
    """Who may not is told so before his body is asked for (RFC 9110 §10.1.1)."""
    for method in ('PROPFIND', 'PROPPATCH'):
        for path, token, status in (('/f', None, 401), ('/none', True, 404)):
            c = Connection()
            c.send(request(method, path, token=token, Content_Length='100000', Expect='100-continue', Depth='0'))
            equal(c.answer().status, status, method, path)
            c.close()
    c = Connection()
    body = prop('getetag')
    c.send(request('PROPFIND', '/f', Content_Length=str(len(body)), Expect='100-continue', Depth='0'))
    equal(c.answer().status, 100)
    c.send(body)
    equal(c.answer().status, 207)
    equal(c.ask('PROPFIND', '/f', body, Content_Encoding='gzip').status, 415)
    equal(c.ask('GET', '/f').body, b'f')
    c.close()


def harmless():
    """What looks odd and is right."""
    for body in (b'\xef\xbb\xbf<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>',
                 '<?xml version="1.0" encoding="utf-16"?><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'.encode('utf-16'),
                 b'<?xml version="1.0"?><!-- c --><?pi x?><propfind xmlns="DAV:"><!-- c --><extra xmlns="urn:x"/><prop><getetag/></prop></propfind>\n\n',
                 b'<D:propfind xmlns:D="DAV:" xmlns="DAV:"><D:prop xmlns:D="DAV:"><getetag/></D:prop></D:propfind>',
                 b'<propfind xmlns="DAV:"><prop><![CDATA[ ]]><getetag>ignored<x/></getetag></prop></propfind>'):
        equal(set(propfind_one('/f', body).found), {name('getetag')}, body)


def main():
    equal(ask('PUT', '/f', b'f').status, 201)
    hostile()
    too_much()
    before_the_body()
    harmless()
    equal(ask('HEAD', '/new').status, 404)


run(main)
