"""Uploads in parts, as Nextcloud's clients make them: a set, its parts in any order, joined at the destination under all the conditions of a PUT."""
import getpass, hashlib, os, random, re, sys, threading
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

USER = getpass.getuser()
UPLOADS = f'/remote.php/dav/uploads/{USER}'
FILES = f'/remote.php/dav/files/{USER}'


def begin(name):
    equal(ask('MKCOL', f'{UPLOADS}/{name}').status, 201, name)
    return f'{UPLOADS}/{name}'


def join(place, to, **fields):
    return ask('MOVE', place + '/.file', Destination=FILES + to, **fields)


def numbers(place, depth='1'):
    a = ask('PROPFIND', place, Depth=depth)
    equal(a.status, 207)
    return [(h.rsplit('/', 1)[1], int(n)) for h, n in
            re.findall(r'<D:href>([^<]*)</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>(\d+)<', a.body.decode())]


def whole():
    """Large and small parts, out of order, one of them twice; hashes and times are kept; nothing stays behind."""
    parts = [os.urandom(n) for n in (3 << 20, 1, 0, 2 << 20, 700)]
    body = b''.join(parts)
    place = begin('web%20upload')
    equal(numbers(place), [])
    for i in random.sample(range(5), 5):
        equal(ask('PUT', f'{place}/{i + 1:05d}', parts[i]).status, 201)
    equal(ask('PUT', f'{place}/4', os.urandom(99)).status, 204)
    equal(ask('PUT', f'{place}/00004', parts[3]).status, 204)
    equal([n for _, n in numbers(place)], [len(p) for p in parts])
    equal(numbers(place, '0'), [])
    equal(ask('GET', FILES + '/joined').status, 404)
    a = join(place, '/joined', OC_Total_Length=len(body), X_OC_Mtime='1000000000', OC_Checksum='SHA1:' + hashlib.sha1(body).hexdigest())
    equal((a.status, a['etag'], a['x-oc-mtime'], a.body), (201, etag(body), 'accepted', b''))
    equal(ask('GET', '/joined').body, body)
    equal(ask('HEAD', '/joined')['last-modified'], 'Sun, 09 Sep 2001 01:46:40 GMT')
    equal(ask('PROPFIND', place, Depth='1').status, 404)
    equal(join(place, '/joined').status, 404)
    # What is there is replaced: 204.  rclone names the parts by their bytes.
    place = begin('r')
    for first in (20, 0, 10):
        equal(ask('PUT', f'{place}/{first:015d}-{first + 10:015d}', b'%010d' % first).status, 201)
    a = join(place, '/joined')
    equal((a.status, ask('GET', '/joined').body), (204, b'000000000000000000100000000020'))
    place = begin('empty')
    equal((join(place, '/none').status, ask('GET', '/none').body), (201, b''))


def refused():
    """Everything that refuses a PUT refuses the joining; the parts stay for another try."""
    equal(ask('PUT', '/there', b'old').status, 201)
    place = begin('x')
    equal(ask('MKCOL', place).status, 405)
    equal(ask('MKCOL', place + '2', b'<x/>').status, 415)
    equal(ask('PUT', place + '/1', b'new').status, 201)
    for status, to, fields in ((412, '/there', {'If_Match': etag(b'other')}), (412, '/there', {'If_None_Match': '*'}),
                               (412, '/there', {'If': f'<{FILES}/there> (["nothing"])'}), (412, '/there', {'Overwrite': 'F'}),
                               (400, '/there', {'Overwrite': 'X'}), (400, '/there', {'If': '(('}),
                               (400, '/there', {'OC_Total_Length': '4'}), (400, '/there', {'OC_Total_Length': 'x'}),
                               (400, '/there', {'OC_Checksum': 'MD5:' + '0' * 32}), (409, '/no/parent', {}), (409, '/slash/', {}),
                               (405, '', {}), (403, '/.sync/x', {}), (403, '/remote.php/x', {})):
        equal(join(place, to, **fields).status, 403 if to == '' else status, to, fields)
    equal(ask('MKCOL', '/folder').status, 201)
    equal(join(place, '/folder').status, 405)
    equal(ask('MOVE', place + '/.file').status, 400)
    equal(ask('MOVE', place + '/.file', Destination='https://elsewhere.example/x').status, 502)
    equal(ask('MOVE', place + '/.file', Destination='/remote.php/dav/files/somebody/x').status, 403)
    lock = ask('LOCK', '/there', b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>')
    equal(lock.status, 200)
    equal(join(place, '/there').status, 423)
    equal(ask('GET', '/there').body, b'old')
    a = join(place, '/there', If=f'<{FILES}/there> ({lock["lock-token"]} [{etag(b"old")}])', OC_Total_Length='3')
    equal((a.status, a['etag']), (204, etag(b'new')))
    equal(ask('UNLOCK', '/there', Lock_Token=lock['lock-token']).status, 204)
    # One set, one user; names of parts are numbers; what has no meaning there is not allowed.
    place = begin('y')
    for status, method, path in ((404, 'PUT', UPLOADS + '/none/1'), (404, 'PUT', place + '/a'), (404, 'PUT', place + '/1/2'), (404, 'PUT', place + '/-1'),
                                 (404, 'PUT', place + '/9999999999999999999'), (404, 'DELETE', place + '/1'), (404, 'DELETE', UPLOADS + '/none'),
                                 (405, 'PUT', place), (405, 'GET', place), (405, 'PUT', place + '/.file'), (405, 'MKCOL', place + '/1'),
                                 (405, 'MKCOL', UPLOADS), (404, 'MKCOL', '/remote.php/dav/uploads/somebody/x'),
                                 (404, 'PROPFIND', '/remote.php/dav/uploads'), (403, 'MKCOL', '/remote.php/dav/uploadsx')):
        a = ask(method, path, b'1' if method == 'PUT' else None)
        equal(a.status, status, method, path)
        check(status != 405 or a['allow'], method, path)
    equal(ask('PROPFIND', UPLOADS, Depth='1').status, 207)
    equal(ask('PUT', place + '/1', b'x').status, 201)
    equal(ask('DELETE', place + '/1').status, 204)
    equal(numbers(place), [])
    equal(ask('DELETE', place).status, 204)
    equal(ask('DELETE', place).status, 404)
    equal(ask('PUT', place + '/1', b'x', Content_MD5='x', Repr_Digest='sha-256=:' + 'A' * 43 + '=:').status, 404)
    equal(ask('MKCOL', UPLOADS + '/z', token=None).status, 401)


def broken_off():
    """A part that breaks off is none; one that its client declares otherwise is refused."""
    place = begin('b')
    c = Connection()
    c.send(request('PUT', place + '/1', None, True, Content_Length='2000000') + b'x' * 1500000)
    c.close()
    equal(ask('PUT', place + '/2', b'x', Repr_Digest='sha-256=:' + 'A' * 43 + '=:').status, 400)
    equal(numbers(place), [])
    equal(ask('DELETE', place).status, 204)


def race():
    """Many sets at once, all joined at one name: each 201 or 204 is a whole one, and the last is what is there."""
    bodies, answers = {}, []

    def one(i):
        c, place = Connection(), f'{UPLOADS}/race{i}'
        body = bodies[i] = os.urandom(100000)
        equal(c.ask('MKCOL', place).status, 201)
        for k in range(10):
            equal(c.ask('PUT', f'{place}/{k}', body[k * 10000:(k + 1) * 10000]).status, 201)
        a = c.ask('MOVE', place + '/.file', Destination=FILES + '/raced', If_None_Match='*')
        answers.append((a.status, a['etag'], i))
    threads = [threading.Thread(target=one, args=(i,)) for i in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [a for a in answers if a[0] == 201]
    equal((len(won), len(answers)), (1, 12), answers)
    equal(ask('GET', '/raced').body, bodies[won[0][2]])
    for status, _, i in answers:
        equal(ask('DELETE', f'{UPLOADS}/race{i}').status, 404 if status == 201 else 204)


def too_many():
    """Sets that are begun and never ended are bounded, and so is what they keep."""
    left = 0
    c = Connection()
    while (a := c.ask('MKCOL', f'{UPLOADS}/many{left}')).status == 201:
        left += 1
    equal((a.status, a['retry-after'] is not None, 90 < left <= 100), (503, True, True), left)
    for i in range(left):
        equal(c.ask('DELETE', f'{UPLOADS}/many{i}').status, 204)
    c.close()
    equal(os.listdir(os.environ['SYNC_STORE'] + '/parts'), [])


def forgotten():
    """What nobody has touched for a day goes when the next upload begins."""
    place, folder = begin('old'), os.environ['SYNC_STORE'] + '/parts'
    equal(ask('PUT', place + '/1', b'1').status, 201)
    os.utime(f'{folder}/{os.listdir(folder)[0]}', (1e9, 1e9))
    young = begin('young')
    equal((ask('PROPFIND', place).status, numbers(young), len(os.listdir(folder))), (404, [], 1))
    equal(ask('DELETE', young).status, 204)


def rights():
    """Who may write only somewhere can upload, and put it only there; who may write nothing cannot begin."""
    some, none = new_token('--scope', 'write:/some'), new_token('--scope', 'read:/')
    equal(ask('MKCOL', '/some').status, 201)
    place = f'{UPLOADS}/scoped'
    equal(ask('MKCOL', place, token=none).status, 403)
    equal(ask('MKCOL', place, token=some).status, 201)
    equal(ask('PUT', place + '/1', b'1', token=some).status, 201)
    equal(ask('MOVE', place + '/.file', token=some, Destination='/elsewhere').status, 403)
    equal(ask('MOVE', place + '/.file', token=some, Destination='/some/x').status, 201)
    equal(ask('GET', '/some/x', token=none).body, b'1')


def main():
    whole()
    refused()
    broken_off()
    race()
    too_many()
    forgotten()
    rights()
    a = ask('PROPFIND', '/', Depth='infinity')
    check(b'uploads' not in a.body and b'parts' not in a.body)


run(main)
