"""PROPPATCH and extended MKCOL: all or nothing, dead properties of any shape, the live ones that clients may set."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

Z, LANG = 'urn:z', name('lang', 'http://www.w3.org/XML/1998/namespace')


def asked(path, *names):
    return propfind_one(path, prop(*names))


def shape(e):
    """What an XML value means, whatever its prefixes."""
    return e.tag, dict(e.attrib), e.text or '', [(shape(c), c.tail or '') for c in e]


def dead():
    r = proppatch('/f', ('set', '<Z:a>one</Z:a><Z:b/><plain xmlns="">p</plain>'))
    equal(set(r.found), {name('a', Z), name('b', Z), 'plain'})
    a = asked('/f', ('a', Z), ('b', Z), ('plain', ''), ('none', Z))
    equal((a.text('a', Z), a.text('b', Z), a.found['plain'].text), ('one', None, 'p'))
    equal(set(a.missing), {name('none', Z)})
    check(name('a', Z) in propfind_one('/f').found, 'allprop shows dead ones (RFC 4918 §9.1)')
    check(name('a', Z) in propfind_one('/f', b'<propfind xmlns="DAV:"><propname/></propfind>').found)
    # In the order of the document (§9.2): the last word counts.
    proppatch('/f', ('set', '<Z:a>1</Z:a>'), ('remove', '<Z:a/>'), ('set', '<Z:a>2</Z:a>'), ('set', '<Z:b>3</Z:b>'), ('remove', '<Z:b/>'))
    a = asked('/f', ('a', Z), ('b', Z))
    equal((a.text('a', Z), set(a.missing)), ('2', {name('b', Z)}))
    equal(proppatch('/f', ('remove', '<Z:never/>')).by_status.keys(), {200}, 'removing what is not there is no error (§14.23)')
    for local in ('displayname', 'getcontentlanguage'):
        proppatch('/f', ('set', f'<D:{local}>\u00fc &amp; &lt;</D:{local}>'))
        equal(asked('/f', local).text(local), '\u00fc & <')
    proppatch('/f', ('remove', '<D:displayname/>'))


def values():
    xml = ('<Z:v xml:lang="de" attr="&quot;&lt;&amp;&#10;&#13;" Z:q="1">text &amp; &lt;more&gt; ]]&gt; &#13; <![CDATA[<raw>]]>'
           '<c xmlns="urn:c" xmlns:k="urn:k" k:a="k"><k:d/><D:e>\U0001f600 u\u0308</D:e></c> tail <none xmlns="" xml:space="preserve"> </none></Z:v>')
    proppatch('/f', ('set', xml))
    want = shape(ElementTree.fromstring(f'<r xmlns:D="DAV:" xmlns:Z="urn:z">{xml}</r>')[0])
    want = (want[0], {LANG: 'de'}, *want[2:])  # the element's own attributes but xml:lang are not its value (§4.4)
    got = shape(asked('/f', ('v', Z)).found[name('v', Z)])
    got = (got[0], {k: v for k, v in got[1].items() if k == LANG}, *got[2:])
    equal(got, want)
    # xml:lang in scope (§4.3): from the nearest element around.
    body = b'<propertyupdate xmlns="DAV:" xml:lang="en"><set xml:lang="fr"><prop><a xmlns="urn:l">x</a></prop></set></propertyupdate>'
    equal(ask('PROPPATCH', '/f', body).status, 207)
    equal(asked('/f', ('a', 'urn:l')).found[name('a', 'urn:l')].attrib[LANG], 'fr')
    for ns in ('urn:"quo&lt;te', 'DAV', 'http://example.org/\u00fc?a=1&amp;b=2', 'http://www.w3.org/XML/1998/namespace'):
        start = '<xml:p' if 'XML/1998' in ns else f"<q:p xmlns:q='{ns}'"
        equal(proppatch('/odd', ('set', f'{start}>v</{start[1:].split(" ")[0]}>')).by_status.keys(), {200})
    equal(len([t for t in propfind_one('/odd').found if t.endswith('}p')]), 4)
    long = 'l' * 60000
    proppatch('/f', ('set', f'<Z:long>{long}</Z:long>'))
    equal(asked('/f', ('long', Z)).text('long', Z), long)
    lines = '&lt;line&gt;\n' * 4000
    equal(proppatch('/f', ('set', f'<Z:long>{lines}</Z:long>')).by_status.keys(), {200})
    equal(asked('/f', ('long', Z)).text('long', Z), '<line>\n' * 4000)
    r = proppatch('/f', ('set', f'<Z:a>kept?</Z:a><Z:long>{long * 5}</Z:long>'))
    equal(({t for t in r.by_status[507]}, {t for t in r.by_status[424]}), ({name('long', Z)}, {name('a', Z)}))
    equal(asked('/f', ('a', Z)).text('a', Z), '2')


def atomic():
    for bad in ('<D:getetag>x</D:getetag>', '<D:resourcetype><D:collection/></D:resourcetype>', '<D:lockdiscovery/>', '<D:getcontentlength>1</D:getcontentlength>',
                '<D:resource-id/>', '<D:creationdate>2020-01-01T00:00:00Z</D:creationdate>'):
        for actions in ((('set', '<Z:n>1</Z:n>'), ('set', bad)), (('set', bad), ('set', '<Z:n>1</Z:n>')), (('set', '<Z:n>1</Z:n>'), ('remove', bad))):
            r = proppatch('/f', *actions)
            equal((len(r.by_status[403]), set(r.by_status[424])), (1, {name('n', Z)}), bad)
            equal(r.conditions, {name('cannot-modify-protected-property')})
            check(asked('/f', ('n', Z)).missing)
    r = proppatch('/f', ('set', '<D:lastmodified>12345</D:lastmodified><D:getetag/>'))
    check(403 in r.by_status)
    check(not asked('/f', 'getlastmodified').text('getlastmodified').endswith('1970 03:25:45 GMT'))


def live():
    when = 'Mon, 02 Jan 2006 15:04:05 GMT'
    for xml in ('<D:lastmodified>1136214245</D:lastmodified>', f'<D:getlastmodified>{when}</D:getlastmodified>',
                f'<M:Win32LastModifiedTime xmlns:M="{MS}">{when}</M:Win32LastModifiedTime>'):
        proppatch('/f', ('set', '<D:lastmodified>1</D:lastmodified>'))
        equal(proppatch('/f', ('set', xml)).by_status.keys(), {200})
        equal(asked('/f', 'getlastmodified').text('getlastmodified'), when, xml)
        equal(ask('HEAD', '/f')['last-modified'], when)
    win = ''.join(f'<M:{n} xmlns:M="{MS}">{v}</M:{n}>' for n, v in (('Win32CreationTime', when), ('Win32LastAccessTime', when),
                                                                  ('Win32LastModifiedTime', when), ('Win32FileAttributes', '00000020')))
    equal(len(proppatch('/f', ('set', win)).found), 4)
    equal(asked('/f', ('Win32FileAttributes', MS)).text('Win32FileAttributes', MS), '00000020')
    for xml in ('<D:lastmodified>never</D:lastmodified>', '<D:getlastmodified/>', '<D:lastmodified>99999999999999999999</D:lastmodified>',
                f'<A:executable xmlns:A="{APACHE}">maybe</A:executable>'):
        check(set(proppatch('/f', ('set', xml)).by_status) <= {403, 409}, xml)
    for value in ('T', 'F'):
        equal(proppatch('/f', ('set', f'<A:executable xmlns:A="{APACHE}">{value}</A:executable>')).by_status.keys(), {200})
        equal(asked('/f', ('executable', APACHE)).text('executable', APACHE), value)
    equal(propfind_one('/f').text('getetag'), etag(b'f'), 'properties are no content')


def requests():
    minimal = ask('PROPPATCH', '/f', update(('set', '<Z:a>m</Z:a>')), Prefer='return=minimal')
    equal((minimal.status, minimal.body, minimal['preference-applied']), (204, b'', 'return=minimal'))
    equal(asked('/f', ('a', Z)).text('a', Z), 'm')
    check(403 in parse(ask('PROPPATCH', '/f', update(('set', '<D:getetag/>')), Prefer='return=minimal'))['/f'].by_status, 'failures are told')
    tag = etag(b'f')
    for fields, status in (({'If_Match': '"none"'}, 412), ({'If_None_Match': '*'}, 412), ({'If': '(["none"])'}, 412), ({'If_Match': tag}, 207)):
        equal(ask('PROPPATCH', '/f', update(('set', f'<Z:a>{status}</Z:a>')), **fields).status, status, fields)
    equal(asked('/f', ('a', Z)).text('a', Z), '207')
    equal(ask('PROPPATCH', '/none', update(('set', '<Z:a/>'))).status, 404)
    equal(ask('PROPPATCH', '/f/', update(('set', '<Z:a/>'))).status, 404)
    equal(ask('PROPPATCH', '/f', update(('set', '<Z:a/>')), token=None).status, 401)
    equal(ask('PROPPATCH', '/f?x', update(('set', '<Z:a/>'))).status, 400)
    info = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>me</owner></lockinfo>'
    lock = ask('LOCK', '/f', info)
    equal(lock.status, 200)
    a = ask('PROPPATCH', '/f', update(('set', '<Z:a>no</Z:a>')))
    equal(a.status, 423)
    check(ElementTree.fromstring(a.body).find(name('lock-token-submitted')) is not None, a)
    equal(ask('PROPPATCH', '/f', update(('set', '<Z:a>yes</Z:a>')), If=f'({lock["lock-token"]})').status, 207)
    (active,) = asked('/f', 'lockdiscovery').found[name('lockdiscovery')]
    equal([e.tag for e in active], [name(n) for n in ('locktype', 'lockscope', 'depth', 'owner', 'timeout', 'locktoken', 'lockroot')])
    equal((active.find(name('lockroot'))[0].text, f"<{active.find(name('locktoken'))[0].text}>"), ('/f', lock['lock-token']))
    equal(ask('UNLOCK', '/f', Lock_Token=lock['lock-token']).status, 204)


def follow():
    """Dead properties belong to the resource: MOVE takes them along, COPY copies them, PUT leaves them, a new file has none."""
    equal(ask('PUT', '/p', b'1').status, 201)
    proppatch('/p', ('set', '<Z:a>here</Z:a>'))
    ask('PUT', '/p', b'2')
    equal(asked('/p', ('a', Z)).text('a', Z), 'here')
    equal(ask('COPY', '/p', Destination='/copy').status, 201)
    equal(ask('MOVE', '/p', Destination='/moved').status, 201)
    equal([asked(p, ('a', Z)).text('a', Z) for p in ('/copy', '/moved')], ['here'] * 2)
    proppatch('/copy', ('remove', '<Z:a/>'))
    equal(asked('/moved', ('a', Z)).text('a', Z), 'here')
    equal(ask('DELETE', '/moved').status, 204)
    equal(ask('PUT', '/moved', b'2').status, 201)
    check(asked('/moved', ('a', Z)).missing)


def mkcol():
    def body(xml):
        return f'<D:mkcol xmlns:D="DAV:" xmlns:Z="urn:z"><D:set><D:prop>{xml}</D:prop></D:set></D:mkcol>'.encode()
    collection, typed = '<D:resourcetype><D:collection/></D:resourcetype>', {'Content_Type': 'application/xml; charset="utf-8"'}
    equal(ask('MKCOL', '/m', body(collection + '<D:displayname>M</D:displayname><Z:a><Z:b/></Z:a>'), **typed).status, 201)
    m = asked('/m', 'displayname', ('a', Z), 'resourcetype')
    equal((m.text('displayname'), len(m.found[name('a', Z)])), ('M', 1))
    a = ask('MKCOL', '/n', body('<D:resourcetype><D:collection/><C:calendar xmlns:C="urn:ietf:params:xml:ns:caldav"/></D:resourcetype>'), **typed)
    equal(a.status, 403)
    check(ElementTree.fromstring(a.body).find(name('valid-resourcetype')) is not None, a)
    a = ask('MKCOL', '/n', body(collection + '<Z:a>1</Z:a><D:getetag>"x"</D:getetag>'), **typed)
    check(a.status in (403, 424), a)
    root = ElementTree.fromstring(a.body)
    equal(root.tag, name('mkcol-response'))
    equal(sorted(status_of(p) for p in root.iter(name('propstat'))), [403, 424])
    equal(ask('MKCOL', '/n', b'<other xmlns="DAV:"/>', **typed).status, 415)
    equal(ask('MKCOL', '/n', b'text', Content_Type='text/plain').status, 415)
    equal(ask('MKCOL', '/m', body(collection), **typed).status, 405)
    equal(ask('HEAD', '/n').status, 404)


def windows_and_folders():
    date = 'Sun, 06 Nov 1994 08:49:37 GMT'
    proppatch('/f', ('set', f'<x:Win32LastModifiedTime xmlns:x="{MS}">{date}</x:Win32LastModifiedTime><x:Win32FileAttributes xmlns:x="{MS}">20</x:Win32FileAttributes>'))
    a = asked('/f', ('Win32LastModifiedTime', MS), ('Win32FileAttributes', MS), 'getlastmodified')
    equal((a.text('Win32LastModifiedTime', MS), a.text('Win32FileAttributes', MS), a.text('getlastmodified')), (date, '20', date))
    equal(ask('MKCOL', '/w', None, **{'X-OC-Mtime': '784111777'})['x-oc-mtime'], 'accepted')
    equal(asked('/w', 'getlastmodified').text('getlastmodified'), date)
    a = parse(ask('PROPPATCH', '/w', update(('set', f'<x:executable xmlns:x="{APACHE}">T</x:executable>'))))['/w/']
    equal(set(a.by_status), {403})
    for value, applied in (('return=minimal', 'return=minimal'), ('return="minimal"', 'return=minimal'), ('wait=1, return=minimal;x=y', 'return=minimal'),
                           ('return=representation', None), ('xreturn=minimal', None)):
        equal(ask('PROPFIND', '/f', prop('none'), Depth='0', Prefer=value)['preference-applied'], applied, value)


def main():
    for path in ('/f', '/odd'):
        equal(ask('PUT', path, b'f').status, 201)
    for part in (dead, values, atomic, live, requests, follow, mkcol, windows_and_folders):
        part()


run(main)
