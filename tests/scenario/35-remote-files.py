"""ls, mv, cp, mkdir, lock and unlock: what they say, what they change, what they refuse."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *


def main():
    url = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    ann, bea = environment(**url), environment(**url, XDG_STATE_HOME=os.path.abspath('bea-state'))

    def put(path, body='x'):
        sync('push', '--force', '-', path, env=ann, stdin=body)

    # mkdir: with what is above it; what is there is said.
    assert sync('mkdir', 'docs/2026', env=ann).out == 'docs/2026\tmade\n'
    run = sync('mkdir', 'docs', env=ann, want=1)
    assert 'is there already' in run.err and run.out == ''
    assert sync('mkdir', '--json', 'docs', 'other', env=ann, want=1).objects()[0]['result'] == 'exists'
    sync('mkdir', '/', env=ann, want=2)
    assert sync('mkdir', '-n', 'dry', env=ann).out == 'dry\tmade\n'
    put('/f', 'one')
    sync('mkdir', 'f/below', env=ann, want=4)

    # ls: names, columns, trees, one file, JSON; odd names cannot write to the terminal.
    put('/docs/a b&c'), put('/docs/2026/ü')
    assert sync('ls', env=ann).out == 'docs/\nf\nother/\n'
    assert sync('ls', '-R', 'docs', env=ann).out == '2026/\n2026/ü\na b&c\n'
    assert sync('ls', 'other', env=ann).out == ''
    assert sync('ls', 'f', env=ann).out == 'f\n'
    sync('ls', 'f/', env=ann, want=4), sync('ls', 'none', env=ann, want=4)
    line = sync('ls', '-l', 'f', env=ann).out.rstrip('\n').split('\t')
    assert line[0] == etag(b'one')[1:9] and line[1] == '3 B' and line[3] == 'f', line
    o = sync('ls', '--json', env=ann).objects()
    assert [(x['path'], x['kind']) for x in o] == [('/docs', 'folder'), ('/f', 'file'), ('/other', 'folder')]
    assert o[1]['bytes'] == 3 and o[1]['etag'] == etag(b'one')[1:-1] and o[1]['mtime'].endswith('Z')

    # mv: over nothing; what was seen goes along, so the next push is held to it.
    write('f', 'one'), sync('push', 'f', env=ann)
    put('/g', 'in the way')
    run = sync('mv', 'f', 'g', env=ann, want=3)
    assert 'already' in run.err and '--force' in run.err
    assert sync('mv', '-n', 'f', 'h', env=ann).out == 'f\tmoved\n'
    assert sync('mv', 'f', 'docs/', env=ann).out == 'f\tmoved\n'
    assert sync('cat', 'docs/f', env=ann).out == 'one'
    run = sync('rm', '-v', 'docs/f', env=ann)
    assert '> HEAD' not in run.err, 'its tag was remembered under the new name'
    sync('mv', '-n', 'none', 'x', env=ann, want=4)
    assert 'to put it into that folder' in sync('cp', 'g', 'docs', env=ann, want=3).err
    sync('cp', '-n', 'g', 'docs', env=ann, want=3)
    sync('mv', 'none', 'x', env=ann, want=4), sync('mv', 'g', 'none/x', env=ann, want=4)
    sync('mv', 'docs', 'docs/in', env=ann, want=2), sync('mv', '/', 'x', env=ann, want=2), sync('mv', 'g', 'g', env=ann, want=2)
    assert sync('mv', '--json', 'docs', 'papers', env=ann).objects() == [{'path': '/papers', 'result': 'moved'}]
    assert sync('mv', '--force', 'g', 'papers/a b&c', env=ann).code == 0
    assert sync('cat', 'papers/a b&c', env=ann).out == 'in the way'

    # cp: whole folders, and over nothing.
    assert sync('cp', 'papers', 'copy', env=ann).out == 'papers\tcopied\n'
    assert sync('ls', '-R', 'copy', env=ann).out == '2026/\n2026/ü\na b&c\n'
    sync('cp', 'papers', 'copy', env=ann, want=3)
    sync('cp', '--force', 'papers/a b&c', 'copy/2026/ü', env=ann)
    assert sync('cat', 'copy/2026/ü', env=ann).out == 'in the way'

    # lock: keeps everybody else out, and this client in; again makes it longer; who has it is told.
    put('/l', 'mine')
    assert sync('lock', 'l', env=ann).out == 'l\tlocked\n' and sync('lock', 'l', env=ann).out == 'l\tlocked\n'
    put('/l', 'mine again')
    for args in (('push', '--force', '-', '/l'), ('rm', '--force', 'l'), ('mv', 'l', 'm'), ('cp', '--force', 'copy', 'l'), ('lock', 'l')):
        run = sync(*args, env=bea, stdin='theirs', want=8)
        assert '423' in run.err, run
    assert 'locked by' in sync('lock', 'l', env=bea, want=8).err
    run = sync('rm', '--force', 'l', env=bea, want=8)
    assert 'who has it:  syncc stat /l\n' in run.err, run
    o = sync('stat', '--json', 'l', env=bea).objects()[0]
    assert '@' in o['lock_owner'] and 0 < o['lock_seconds'] <= 24 * 3600
    assert sync('unlock', 'l', env=ann).out == 'l\tunlocked\n'
    sync('unlock', 'l', env=ann, want=4)
    sync('push', '--force', '-', '/l', env=bea, stdin='theirs')
    # A folder's is for all that is in it.
    sync('lock', 'copy', env=ann)
    put('/copy/new'), sync('mkdir', 'copy/sub', env=ann), sync('mv', 'copy/new', 'copy/old', env=ann)
    sync('push', '-', '/copy/theirs', env=bea, stdin='x', want=8), sync('mkdir', 'copy/x', env=bea, want=8)
    sync('rm', '-R', '-y', 'copy', env=ann)
    sync('mkdir', 'copy', env=bea)
    sync('lock', 'none/x', env=ann, want=4)


def hostile():
    """A listing is whole and only what was asked for, or an error."""
    def multistatus(*hrefs, end='</D:multistatus>', length='<D:getcontentlength>1</D:getcontentlength>'):
        body = '<D:multistatus xmlns:D="DAV:">' + ''.join(
            f'<D:response><D:href>{h}</D:href><D:propstat><D:prop><D:resourcetype>{"<D:collection/>" if h.endswith("/") else ""}</D:resourcetype>'
            f'{"" if h.endswith("/") else length}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>' for h in hrefs) + end
        return reply(207, ('Content-Type', 'application/xml'), body=body.encode())

    answers = [(multistatus('/d/', '/d/a'), 0, 'a\n'), (multistatus('http://other/d/', '/d/b/'), 0, 'b/\n'), (multistatus('/d/'), 0, ''),
               (multistatus('/d/', '/d/a', end=''), 1, 'cut off'), (multistatus('/d/', '/e/a'), 1, 'not asked for'),
               (multistatus('/d/', '/d/a', '/d/a'), 1, 'twice'), (multistatus('/d/', '/d/a', '/d/a', length=''), 0, 'a\n'), # RFC 2518's lock-null resources
               (multistatus('/d/a'), 1, 'other things'), (multistatus('/d/', '/d/x/y'), 1, 'not asked for'),
               (multistatus('/d/', '/d/..'), 1, 'cannot be read'), (multistatus('/d/', '/d/a%2fb'), 1, 'cannot be read'),
               (reply(200, body=b'<html>sign in</html>'), 1, 'PROPFIND'), (reply(405), 1, 'no PROPFIND'), (reply(404), 4, '404'), (reply(207, body=b'<html/>'), 1, 'cannot be read')]
    for answer, code, words in answers:
        mock = Mock(lambda r: answer)
        run = sync('ls', 'd', env=mock.env(), want=code)
        assert (run.out == words if code == 0 else words in run.err and run.out == ''), (run, words)
        mock.close()


def all_of_it():
    main()
    hostile()


dav.run(all_of_it)
