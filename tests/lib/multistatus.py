"""Asking for properties and reading the 207 (RFC 4918 §13) the way a strict client does."""
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from dav import ask, check, equal

DAV, OC, APACHE, MS = 'DAV:', 'http://owncloud.org/ns', 'http://apache.org/dav/props/', 'urn:schemas-microsoft-com:'
TYPE = 'application/xml; charset=utf-8'


def name(local, ns=DAV):
    return f'{{{ns}}}{local}' if ns else local


class Response:
    """One resource: found and missing map names to elements, other statuses are in by_status."""
    def __init__(self, element):
        self.href = element.find(name('href')).text
        self.status = status_of(element) if element.find(name('status')) is not None else None
        self.by_status, self.conditions, self.is_repeated = {}, set(), False
        for propstat in element.findall(name('propstat')):
            properties = self.by_status.setdefault(status_of(propstat), {})
            for p in propstat.find(name('prop')):
                self.is_repeated |= p.tag in properties
                properties[p.tag] = p
            self.conditions |= {c.tag for e in propstat.findall(name('error')) for c in e}
        self.found, self.missing = self.by_status.get(200, {}), self.by_status.get(404, {})

    def text(self, local, ns=DAV):
        return self.found[name(local, ns)].text


def status_of(element):
    return int(element.find(name('status')).text.split(' ')[1])


def parse(answer):
    """The responses by href, in their order; the answer must be a well-formed 207."""
    equal(answer.status, 207, answer)
    equal(answer['content-type'], TYPE)
    root = ElementTree.fromstring(answer.body)
    equal(root.tag, name('multistatus'))
    found = {}
    for r in map(Response, root.findall(name('response'))):
        check(r.href not in found, 'a resource is listed once', r.href)
        found[r.href] = r
    return found


def prop(*names):
    """A propfind body; a name is a local one of DAV:, or (local, namespace)."""
    pairs = [n if isinstance(n, tuple) else (n, DAV) for n in names]
    return ('<propfind xmlns="DAV:"><prop>' + ''.join(f'<x:{n} xmlns:x={quoteattr(ns)}/>' if ns else f'<{n} xmlns=""/>' for n, ns in pairs) +
            '</prop></propfind>').encode()


def propfind(path, body=b'', depth='0', **fields):
    found = parse(ask('PROPFIND', path, body, Depth=depth, **fields))
    check(not any(r.is_repeated for r in found.values()), 'a property is told once')
    return found


def propfind_one(path, body=b'', **fields):
    (only,) = propfind(path, body, '0', **fields).values()
    return only


def names(responses):
    """Decoded paths, sorted."""
    return sorted(unquote(href) for href in responses)


def update(*actions):
    """A propertyupdate body of ("set" | "remove", XML) pairs."""
    return ('<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:z">' +
            ''.join(f'<D:{action}><D:prop>{xml}</D:prop></D:{action}>' for action, xml in actions) + '</D:propertyupdate>').encode()


def proppatch(path, *actions, **fields):
    (only,) = parse(ask('PROPPATCH', path, update(*actions), **fields)).values()
    return only
