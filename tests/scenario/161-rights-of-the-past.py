"""What the past tells to whom: every way to look at it, for users who may read the place of then, of now, both or neither."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

TREE = b'<version-tree xmlns="DAV:"><prop><version-name/><getetag/></prop></version-tree>'
SCOPES = {'then': ['read:/then'], 'now': ['read:/now'], 'both': ['read:/then', 'read:/now'], 'neither': ['read:/other'],
          'writes then': ['write:/then'], 'writes now': ['write:/now', 'read:/then'], 'all': ['write:/']}


def versions(path, **fields):
    a = ask('REPORT', path, TREE, **fields)
    return [(v.href, v.text('getetag')) for v in parse(a).values()] if a.status == 207 else a.status


def main():
    for path in ('/then', '/now', '/other', '/then/folder'):
        ask('MKCOL', path)
    for path in ('/then/moved', '/then/folder/inside', '/then/deleted', '/then/stays'):
        ask('PUT', path, b'first of ' + path.encode()), ask('PUT', path, b'second of ' + path.encode())
    at = int(list(parse(ask('REPORT', '/then/stays', TREE)).values())[0].text('version-name'))
    (folder,) = propfind(f'/then/folder/?at={at}', prop('checked-in')).values()
    folder = folder.found[name('checked-in')][0].text
    moved, inside = versions('/then/moved'), versions('/then/folder/inside')
    ask('MOVE', '/then/moved', Destination='/now/moved'), ask('MOVE', '/then/folder', Destination='/now/folder')
    ask('PUT', '/now/moved', b'third'), ask('PUT', '/now/folder/inside', b'third')
    ask('DELETE', '/then/deleted'), ask('MOVE', '/then/stays', Destination='/now/stays'), ask('DELETE', '/now/stays')
    who = {user: new_token(*(o for scope in scopes for o in ('--scope', scope))) for user, scopes in SCOPES.items()}
    reads_both = {'both', 'writes now', 'all'}
    reads_then = reads_both | {'then', 'writes then'}
    reads_now = reads_both | {'now'}
    trash = {h: r for h, r in propfind('/.sync/trash/', prop('getetag'), '1').items() if h != '/.sync/trash/'}
    (deleted,), (stays,) = ([h for h in trash if h.endswith(n)] for n in ('-deleted', '-stays'))
    for user, token in who.items():
        def status(method, path, *args, **fields):
            return ask(method, path, *args, token=token, **fields).status

        # By its own URL: a content that ended at the first place, in a node that is at the other now.
        for href, tag in (moved[1], inside[1]):
            for method in ('GET', 'HEAD', 'PROPFIND'):
                wanted = (207 if method == 'PROPFIND' else 200) if user in reads_both else 404
                equal(status(method, href, Depth='0'), wanted, user, method, href)
        wanted = 200 if user in reads_both else 404
        equal(status('GET', folder), wanted, user)
        # A content belongs to the place where it ended: this one to the second.
        equal(status('GET', folder + 'inside'), 200 if user in reads_now else 404, user)
        # By the path of then at the time; by a listing of it; by Accept-Datetime.
        equal(status('GET', f'/then/moved?at={at}'), wanted, user)
        equal(status('GET', f'/then/folder/inside?at={at}'), wanted, user)
        a = ask('GET', f'/then/?at={at}', token=token)
        equal(a.status, 200 if user in reads_then else 404, user)
        if a.status == 200:
            names = {line.split(b' ', 3)[3] for line in a.body.split(b'\n')[:-1]}
            # What was deleted is where it was deleted from: `stays` at the other place.
            equal(names, {b'deleted'} | ({b'moved', b'folder/', b'stays'} if user in reads_both else set()), user)
            equal(a['etag'] is not None, user == 'all', user)
        found = parse(ask('PROPFIND', f'/?at={at}', prop('getetag'), token=token, Depth='1'))
        equal('/then/' in found, user in reads_then, user)
        if user != 'all':
            check(name('getetag') in found['/'].missing, user)
        # The history by the path of now: what ended there, and of before what both places let see; by the path of then: nothing to tell.
        seen = versions('/now/moved', token=token)
        if user in reads_now:
            equal(len(seen) - (user == 'all'), 3 if user in reads_both else 2, user, seen)  # one came back meanwhile
        else:
            equal(seen, 403, user)
        equal(len(versions('/then/deleted', token=token)) if user in reads_then else versions('/then/deleted', token=token),
              2 if user in reads_then else 403, user)
        # The trash.
        shown = set(propfind('/.sync/trash/', prop('getetag'), '1', token=token))
        equal(deleted in shown, user in reads_then, user)
        equal(stays in shown, user in reads_now, user)
        equal(status('GET', deleted), 200 if user in reads_then else 404, user)
        equal(status('GET', stays), 200 if user in reads_now else 404, user)
        # Having it back takes the right to write where it goes to; removing it for good, where it was.
        if user != 'all':
            writes_then, writes_now = user == 'writes then', user == 'writes now'
            equal(status('COPY', moved[1][0], Destination='/now/moved'),
                  404 if user not in reads_both else 204 if writes_now else 403, user)
            equal(status('COPY', folder, Destination='/now/folder/'), 404 if user not in reads_both else 204 if writes_now else 403, user)
            equal(status('COPY', moved[1][0], Destination='/then/moved'), 403 if user in reads_both else 404, user)
            equal(status('DELETE', deleted) if not writes_then else 403,
                  403 if user in reads_then else 404, user)
            equal(status('MOVE', deleted, Destination='/other/x'), 403 if user in reads_then else 404, user)
            # Nor by taking a command back: one's own alone, where one may write.
            equal(status('POST', '/.sync/undo', b'<undo xmlns="urn:x-syncd:"><any-client/><rehearse/></undo>'),
                  207 if writes_then or writes_now else 403, user)
    equal(ask('MOVE', deleted, token=who['writes then'], Destination='/then/deleted').status, 201)
    equal(ask('GET', '/then/deleted').body, b'second of /then/deleted')
    equal(ask('DELETE', stays, token=who['writes then']).status, 404)
    equal(ask('DELETE', stays, token=who['writes now']).status, 204)


run(main)
