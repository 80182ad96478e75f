"""PROPFIND: depths, kinds of question, preferences, odd names, statuses."""
import os, re, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *
from urllib.parse import quote, unquote

ODD = ['a b', '&amp;', '<tag>', '"quoted"', "it's", '100%', '%41', 'NFC-\u00fc', 'NFD-u\u0308', '\U0001f600', '(p)', ';?#', '+=,@', '-', '...', '\u65e5\u672c',
       'x' * 255]
RFC4918 = {'creationdate', 'getcontentlength', 'getcontenttype', 'getetag', 'getlastmodified', 'resourcetype', 'supportedlock', 'lockdiscovery'}


def make():
    for path in ('/d', '/d/sub', '/d/sub/deep', '/odd', '/empty'):
        equal(ask('MKCOL', path).status, 201)
    for path in ('/d/f', '/d/sub/g', '/d/sub/deep/h'):
        equal(ask('PUT', path, path.encode()).status, 201)
    for odd in ODD:
        equal(ask('PUT', '/odd/' + quote(odd, safe=''), b'x').status, 201, odd)


def depths():
    equal(names(propfind('/d', depth='0')), ['/d/'])
    equal(names(propfind('/d/', depth='1')), ['/d/', '/d/f', '/d/sub/'])
    everything = ['/d/', '/d/f', '/d/sub/', '/d/sub/deep/', '/d/sub/deep/h', '/d/sub/g']
    for depth in ('infinity', 'Infinity'):
        equal(names(propfind('/d', depth=depth)), everything)
    equal(names(parse(ask('PROPFIND', '/d', b''))), everything, 'without Depth: infinity (RFC 4918 §9.1)')
    equal(next(iter(propfind('/d', depth='infinity'))), '/d/', 'the resource itself comes first')
    for depth in ('0', '1', 'infinity'):
        equal(names(propfind('/d/f', depth=depth)), ['/d/f'])
        equal(names(propfind('/empty', depth=depth)), ['/empty/'])
    for depth in ('2', '-1', '', '1,noroot', 'infinite', '00', '0, 1'):
        equal(ask('PROPFIND', '/d', b'', Depth=depth).status, 400, depth)
    noroot = ask('PROPFIND', '/d', b'', Depth='1', Prefer='depth-noroot')
    equal(names(parse(noroot)), ['/d/f', '/d/sub/'])
    equal(noroot['preference-applied'], 'depth-noroot')
    equal(names(propfind('/d', depth='0', Prefer='depth-noroot')), ['/d/'], 'RFC 8144 §3: only with a depth below which there is something')


def live():
    f, d, root = propfind_one('/d/f'), propfind_one('/d'), propfind_one('/')
    equal(set(f.found), {name(n) for n in RFC4918})
    equal(set(d.found), {name(n) for n in RFC4918 - {'getcontentlength', 'getcontenttype'}})
    check(not f.missing and not d.missing and not root.missing)
    head = ask('HEAD', '/d/f')
    equal((f.text('getetag'), f.text('getlastmodified'), f.text('getcontentlength')), (head['etag'], head['last-modified'], head['content-length']))
    equal(f.text('getcontenttype'), head['content-type'])
    equal(d.text('getetag'), ask('HEAD', '/d/')['etag'], 'the folder hash')
    check(not list(f.found[name('resourcetype')]))
    equal([e.tag for e in d.found[name('resourcetype')]], [name('collection')])
    check(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', f.text('creationdate')))
    check(not f.found[name('getlastmodified')].attrib, 'Office wants it plain')
    more = propfind_one('/d', prop('quota-available-bytes', 'quota-used-bytes', 'current-user-principal', 'resource-id', ('id', OC), ('permissions', OC),
                                   ('size', OC), ('getctag', 'http://calendarserver.org/ns/'), ('data-fingerprint', OC)))
    check(not more.missing, more.missing)
    equal(int(more.text('quota-used-bytes')), sum(len(p) for p in ('/d/f', '/d/sub/g', '/d/sub/deep/h')))
    check(0 < int(more.text('quota-available-bytes')) < 1 << 62)
    check(more.found[name('resource-id')][0].text.startswith('urn:uuid:'))
    equal(more.text('getctag', 'http://calendarserver.org/ns/'), d.text('getetag'))
    check(not propfind_one('/d/f', prop('quota-used-bytes')).found)
    before = propfind_one('/d/f', prop('resource-id')).found[name('resource-id')][0].text
    equal(ask('PUT', '/d/f', b'other').status, 204)
    equal(propfind_one('/d/f', prop('resource-id')).found[name('resource-id')][0].text, before)


def questions():
    allprop = b'<propfind xmlns="DAV:"><allprop/></propfind>'
    equal(set(propfind_one('/d/f', allprop).found), set(propfind_one('/d/f').found))
    include = propfind_one('/d/f', b'<propfind xmlns="DAV:"><allprop/><include><resource-id/><getetag/><nope/></include></propfind>')
    equal(set(include.found), {name(n) for n in RFC4918 | {'resource-id'}})
    listed = propfind_one('/d/f', b'<a:propfind xmlns:a="DAV:"><a:propname/></a:propfind>')
    check({name(n) for n in RFC4918 | {'resource-id'}} <= set(listed.found) and not listed.missing)
    check(all(not list(e) and e.text is None for e in listed.found.values()), 'names only')
    asked = propfind_one('/d/f', prop('getetag', 'nope', ('getetag', 'urn:other'), ('bare', ''), ('q', 'urn:"<&>')))
    equal(set(asked.found), {name('getetag')})
    equal(set(asked.missing), {name('nope'), name('getetag', 'urn:other'), 'bare', name('q', 'urn:"<&>')})
    for fields in ({'Prefer': 'return=minimal'}, {'Brief': 't'}):
        a = ask('PROPFIND', '/d/f', prop('getetag', 'nope'), Depth='0', **fields)
        (only,) = parse(a).values()
        check(set(only.found) == {name('getetag')} and not only.missing, fields)
        (nothing,) = parse(ask('PROPFIND', '/d/f', prop('nope'), Depth='0', **fields)).values()
        check(not nothing.found and not nothing.missing)
    check('return=minimal' in ask('PROPFIND', '/d', b'', Depth='0', Prefer='return=minimal')['preference-applied'])
    # xml: needs no declaration and may have no other prefix; what comes back must still be XML.
    equal(set(propfind_one('/d/f', b'<propfind xmlns="DAV:"><prop><xml:foo/></prop></propfind>').missing),
          {name('foo', 'http://www.w3.org/XML/1998/namespace')})
    empty = propfind_one('/d/f', b'<propfind xmlns="DAV:"><prop/></propfind>')
    check(not empty.found and not empty.missing)


def odd_names():
    found = propfind('/odd', depth='1')
    equal(names(found), sorted(['/odd/'] + ['/odd/' + odd for odd in ODD]))
    for href in found:
        check(re.fullmatch(r"[A-Za-z0-9/%\-._~!$'()*+,;=:@]*", href), href)
        equal(list(propfind(href)), [href], 'an href leads to itself')
    check('/odd/(p)' in found, 'gvfs wants parentheses as they are')


def statuses():
    equal(ask('PROPFIND', '/none', b'', Depth='0').status, 404)
    equal(ask('PROPFIND', '/none/none', b'', Depth='0').status, 404)
    equal(ask('PROPFIND', '/d/f/', b'', Depth='0').status, 404)
    equal(ask('PROPFIND', '/d', b'', token=None, Depth='0').status, 401)
    equal(ask('PROPFIND', '/d/f', b'', Depth='0', If_Match='"none"').status, 412)
    equal(ask('PROPFIND', '/d/f', b'', Depth='0', If_None_Match='JoplinIgnore-123').status, 207)
    equal(ask('PROPFIND', '/.sync', b'', Depth='0').status, 404)
    check(not any(n.startswith(('/.sync', '/remote.php')) for n in names(propfind('/', depth='1'))))
    check('PROPFIND' in ask('OPTIONS', '/')['allow'] and ask('OPTIONS', '/')['ms-author-via'] == 'DAV')
    equal(ask('OPTIONS', '/', token=None)['dav'], '1, 2, 3, extended-mkcol, sabredav-partialupdate, <http://apache.org/dav/propset/fs/1>')


def main():
    make()
    depths()
    live()
    questions()
    odd_names()
    statuses()


run(main)
