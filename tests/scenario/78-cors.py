"""What pages of other sites may do: nothing, unless the operator allowed their origin; and then never with a browser's own
credentials."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def preflight(origin, method):
    return ask('OPTIONS', '/x', token=None, Origin=origin, Access_Control_Request_Method=method, Access_Control_Request_Headers='authorization,if-match')


def main():
    for method in ('PUT', 'PROPFIND', 'DELETE', 'GET'):
        a = preflight('https://app.example', method)
        equal((a.status, a['access-control-allow-origin'], a['access-control-allow-methods']), (204, 'https://app.example', method))
        check('If-Match' in a['access-control-allow-headers'] and 'Authorization' in a['access-control-allow-headers'], a)
        equal(a['access-control-allow-credentials'], None)
        for stranger in ('https://evil.example', 'null', 'https://app.example.evil', 'http://app.example', 'https://app.example:444', 'x\tyz'):
            a = preflight(stranger, method)
            check(a['access-control-allow-origin'] is None and a['access-control-allow-methods'] is None, stranger, a)
    equal(preflight('https://app.example', 'TRACE').status, 403)
    equal(preflight('https://app.example', 'BREW').status, 403)
    # An allowed page changes and reads; the answer says who may read it, to caches too.
    a = ask('PUT', '/x', b'1', Origin='https://app.example', Sec_Fetch_Site='cross-site')
    equal((a.status, a['access-control-allow-origin']), (201, 'https://app.example'))
    check('ETag' in a['access-control-expose-headers'] and 'Origin' in a['vary'])
    a = ask('GET', '/', Origin='https://app.example')
    check('Origin' in a['vary'] and 'Accept' in a['vary'], a)
    equal(ask('GET', '/x', token=None, Origin='https://app.example').status, 401)
    # Everybody else's is refused, whatever its credentials, and reads nothing by script.
    for fields in ({'Sec_Fetch_Site': 'cross-site'}, {'Sec_Fetch_Site': 'cross-site', 'Origin': 'https://evil.example'}):
        equal(ask('PUT', '/x', b'2', **fields).status, 403)
        equal(ask('DELETE', '/x', **fields).status, 403)
    a = ask('GET', '/x', Origin='https://evil.example', Sec_Fetch_Site='cross-site')
    equal((a.status, a.body, a['access-control-allow-origin'], a['vary']), (200, b'1', None, 'Origin'))
    equal(ask('PUT', '/x', b'3', Sec_Fetch_Site='same-origin').status, 204)
    # What is stored runs as nobody's page.
    equal(ask('PUT', '/p.html', b'<script>alert(1)</script>', Content_Type='text/html').status, 201)
    a = ask('GET', '/p.html')
    check(a['x-content-type-options'] == 'nosniff' and a['content-security-policy'].startswith('sandbox'), a)
    # Shown in place are a few types that hold no script; all others are for saving.
    for type, how in (('text/html', 'attachment'), ('image/svg+xml', 'attachment'), ('application/xhtml+xml', 'attachment'), ('text/xml', 'attachment'),
                      ('text/javascript', 'attachment'), ('text/plainer', 'attachment'), ('application/octet-stream', 'attachment'), ('text/css', 'attachment'),
                      ('text/plain', None), ('Text/Plain; charset=utf-8', None), ('image/png', None), ('video/mp4', None), ('application/pdf', None)):
        check(ask('PUT', '/shown', b'0123456789', Content_Type=type).status in (201, 204))
        for a in (ask('GET', '/shown'), ask('HEAD', '/shown'), ask('GET', '/shown', Range='bytes=2-3'), ask('GET', '/shown', Range='bytes=0-1,5-6')):
            equal((a.status, a['content-disposition']), (a.status, how), type)
    equal(ask('PUT', '/by-name.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>').status, 201)
    equal(ask('GET', '/by-name.svg')['content-disposition'], 'attachment')
    equal(ask('GET', '/', Accept='text/html')['content-disposition'], None)


with open('conf', 'w') as f:
    f.write('cors-allow = https://app.example\n')
run(main, '--config', 'conf')
