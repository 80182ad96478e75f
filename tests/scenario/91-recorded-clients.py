"""What programs that cannot be run here are known to send, in their order: Windows Explorer, macOS Finder, Office, KeePass2Android, Joplin."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

XML = {'Content-Type': 'text/xml; charset="utf-8"'}


def lockinfo(owner, depth='0', **fields):
    body = f'<?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>{owner}</D:owner></D:lockinfo>'
    return body.encode(), {**XML, 'Depth': depth, 'Timeout': 'Second-3600', **fields}


def steps(*requests):
    """method, path, body, fields, status; '{token}' is the last Lock-Token without its brackets."""
    token, answers = '', []
    for method, path, body, fields, status in requests:
        fields = {k: v.replace('{token}', token) for k, v in fields.items()}
        a = ask(method, path, body, **fields)
        equal(a.status, status, method, path, a)
        token = (a['lock-token'] or f'<{token}>')[1:-1]
        answers.append(a)
    return answers


def explorer():
    body, lock = lockinfo('<D:href>DESK\\ann</D:href>', **{'Translate': 'f'})
    times = lambda: ('<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>'
                     '<Z:Win32CreationTime>Sun, 06 Nov 1994 08:49:37 GMT</Z:Win32CreationTime><Z:Win32LastAccessTime>Sun, 06 Nov 1994 08:49:37 GMT</Z:Win32LastAccessTime>'
                     '<Z:Win32LastModifiedTime>Sun, 06 Nov 1994 08:49:37 GMT</Z:Win32LastModifiedTime><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>'
                     '</D:prop></D:set></D:propertyupdate>').encode()
    agent = {'User-Agent': 'Microsoft-WebDAV-MiniRedir/10.0.19045', 'Translate': 'f'}
    a = steps(
        ('OPTIONS', '/', None, agent, 200),
        ('PROPFIND', '/', None, {**agent, 'Depth': '0', 'Content-Length': '0'}, 207),
        ('PROPFIND', '/New%20Text%20Document.txt', None, {**agent, 'Depth': '0', 'Content-Length': '0'}, 404),
        ('PUT', '/New%20Text%20Document.txt', b'', agent, 201),
        ('LOCK', '/New%20Text%20Document.txt', body, lock, 200),
        ('PROPPATCH', '/New%20Text%20Document.txt', times(), {**agent, **XML, 'If': '(<{token}>)'}, 207),
        ('HEAD', '/New%20Text%20Document.txt', None, agent, 200),
        ('PUT', '/New%20Text%20Document.txt', b'text', {**agent, 'If': '(<{token}>)'}, 204),
        ('PROPPATCH', '/New%20Text%20Document.txt', times(), {**agent, **XML, 'If': '(<{token}>)'}, 207),
        ('UNLOCK', '/New%20Text%20Document.txt', None, {**agent, 'Lock-Token': '<{token}>'}, 204),
        ('PROPFIND', '/', None, {**agent, 'Depth': '1', 'Content-Length': '0'}, 207),
        ('MOVE', '/New%20Text%20Document.txt', None, {**agent, 'Destination': '/report.txt', 'Overwrite': 'F'}, 201),
        ('MKCOL', '/New%20folder', None, agent, 201),
        ('PROPFIND', '/New%20folder', None, {**agent, 'Depth': '1', 'Content-Length': '0'}, 207),
        ('DELETE', '/New%20folder', None, agent, 204))
    check('1, 2' in a[0]['dav'] and a[0]['ms-author-via'] == 'DAV')
    check(b'HTTP/1.1 200 OK' in a[5].body and b'40' not in a[5].body.replace(b'1994', b''), a[5].body)
    r = propfind_one('/report.txt')
    equal(r.text('getlastmodified'), 'Sun, 06 Nov 1994 08:49:37 GMT')


def finder():
    body, lock = lockinfo('<D:href>http://www.apple.com/webdav_fs/</D:href>')
    quota = b'<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/><D:quota/><D:quotaused/></D:prop></D:propfind>'
    listing = b'<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/><D:creationdate/><D:resourcetype/></D:prop></D:propfind>'
    agent = {'User-Agent': 'WebDAVFS/3.0.0 (03008000) Darwin/22.1.0 (x86_64)'}
    a = steps(('OPTIONS', '/', None, agent, 200), ('PROPFIND', '/', listing, {**agent, **XML, 'Depth': '0'}, 207), ('PROPFIND', '/', quota, {**agent, **XML, 'Depth': '0'}, 207),
              ('PROPFIND', '/', listing, {**agent, **XML, 'Depth': '1'}, 207), ('PROPFIND', '/._photo.jpg', listing, {**agent, **XML, 'Depth': '0'}, 404),
              ('PUT', '/photo.jpg', b'', agent, 201), ('LOCK', '/photo.jpg', body, {**agent, **lock}, 200))
    check(int(parse(a[2])['/'].text('quota-available-bytes')) > 0 and name('quota') in parse(a[2])['/'].missing)
    token = a[-1]['lock-token']
    data = b'j' * 70000
    for length, status in ((len(data) - 1, 400), (len(data), 204)):
        c = Connection()
        c.send(request('PUT', '/photo.jpg', None, Transfer_Encoding='chunked', If=f'({token})', **{'X-Expected-Entity-Length': str(length), **agent}) +
               b'%x\r\n%s\r\n0\r\n\r\n' % (len(data), data))
        equal(c.answer('PUT').status, status)
        c.close()
    steps(('UNLOCK', '/photo.jpg', None, {**agent, 'Lock-Token': token}, 204), ('PUT', '/._photo.jpg', b'\0\5\x16\7', agent, 201),
          ('MOVE', '/photo.jpg', None, {**agent, 'Destination': '/b%C3%BCcher.jpg', 'Overwrite': 'F'}, 201), ('DELETE', '/._photo.jpg', None, agent, 204))
    equal(ask('GET', '/bu%CC%88cher.jpg').body, data)  # it asks by the decomposed name


def office():
    body, lock = lockinfo('DESK\\ann', depth='infinity')
    steps(('HEAD', '/letter.docx', None, {}, 404), ('LOCK', '/letter.docx', body, lock, 201), ('PUT', '/letter.docx', b'one', {'If': '(<{token}>)'}, 204),
          ('LOCK', '/letter.docx', None, {'If': '(<{token}>)', 'Timeout': 'Second-3600'}, 200), ('PUT', '/letter.docx', b'two', {'If': '(<{token}>)'}, 204),
          ('PUT', '/letter.docx', b'three', {}, 423), ('GET', '/letter.docx', None, {}, 200),
          # Saved by way of a temporary file over the locked one; the lock stays with the place.
          ('PUT', '/~WRD0001.tmp', b'four', {}, 201), ('MOVE', '/~WRD0001.tmp', None, {'Destination': '/letter.docx', 'Overwrite': 'T'}, 423),
          ('MOVE', '/~WRD0001.tmp', None, {'Destination': '/letter.docx', 'Overwrite': 'T', 'If': '</letter.docx> (<{token}>)'}, 204),
          ('PUT', '/letter.docx', b'five', {}, 423), ('UNLOCK', '/letter.docx', None, {'Lock-Token': '<{token}>'}, 204), ('PUT', '/letter.docx', b'five', {}, 204))
    # Tokens without brackets, a LOCK without Depth.
    a = ask('LOCK', '/letter.docx', body, **XML)
    equal((a.status, b'<D:depth>infinity</D:depth>' in a.body), (200, True))
    equal(ask('UNLOCK', '/letter.docx', None, **{'Lock-Token': a['lock-token'][1:-1]}).status, 204)


def keepass():
    for i in range(2):
        steps(('PUT', '/db.kdbx.tmp', b'v%d' % i, {}, 201), ('MOVE', '/db.kdbx.tmp', None, {'Destination': '/db.kdbx', 'Overwrite': 'T'}, 204 if i else 201))
    equal(ask('GET', '/db.kdbx').body, b'v1')


def joplin():
    odd = {'If-None-Match': 'JoplinIgnore-482901', 'User-Agent': 'Joplin/1.0'}
    wanted = b'<?xml version="1.0" encoding="UTF-8"?><d:propfind xmlns:d="DAV:"><d:prop xmlns:oc="http://owncloud.org/ns"><d:getlastmodified/><d:resourcetype/></d:prop></d:propfind>'
    steps(('MKCOL', '/joplin', None, odd, 201), ('MKCOL', '/joplin', None, odd, 405), ('PUT', '/joplin/a.md', b'note', odd, 201), ('PUT', '/joplin/a.md', b'note 2', odd, 204),
          ('GET', '/joplin/a.md', None, odd, 200), ('PROPFIND', '/joplin/', wanted, {**odd, **XML, 'Depth': '1'}, 207), ('PROPFIND', '/joplin/none.md', wanted, {**odd, **XML, 'Depth': '0'}, 404),
          ('DELETE', '/joplin/a.md', None, {}, 204), ('DELETE', '/joplin/a.md', None, {}, 404))


def main():
    for program in (explorer, finder, office, keepass, joplin):
        program()


run(main)
