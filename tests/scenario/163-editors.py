"""History follows a file through the ways in which editors save: each way as the requests that a mounted folder would make of it (written
by hand, not recorded), three times; after that the file's history shows each content that was saved, the newest first, and any of them comes back."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *

TREE = b'<version-tree xmlns="DAV:"><prop><version-name/><getetag/></prop></version-tree>'


def vim(f, body):  # backupcopy=no: aside, anew, the backup goes
    return [('PUT', '/e/4913', b''), ('DELETE', '/e/4913'), ('MOVE', f, f + '~'), ('PUT', f, b''), ('PUT', f, body), ('DELETE', f + '~')]


def vim_backup_kept(f, body):  # set backup
    return [('MOVE', f, f + '~'), ('PUT', f, body)]


def emacs(f, body):  # the first save of a session renames, the lock file is a name of its own
    return [('PUT', '/e/.%23lock', b'me@host'), ('MOVE', f, f + '~'), ('PUT', f, body), ('DELETE', '/e/.%23lock')]


def libreoffice(f, body):  # lock file, temp file, delete and rename
    return [('PUT', '/e/.~lock.f%23', b'me'), ('PUT', '/e/lu1234.tmp', body), ('DELETE', f), ('MOVE', '/e/lu1234.tmp', f), ('DELETE', '/e/.~lock.f%23')]


def gedit(f, body):  # g_file_replace: a temp file over it
    return [('PUT', '/e/.goutputstream-8KD3', body), ('MOVE', '/e/.goutputstream-8KD3', f)]


def gedit_backup(f, body):  # with a backup
    return [('COPY', f, f + '~'), ('PUT', f, body)]


def word(f, body):  # a new file, the old one aside under a temporary name, the new one to its name, the old one away
    return [('PUT', '/e/new.tmp', body), ('MOVE', f, '/e/old.tmp'), ('MOVE', '/e/new.tmp', f), ('DELETE', '/e/old.tmp')]


def copy_over(f, body):
    return [('PUT', '/e/aside', body), ('COPY', '/e/aside', f), ('DELETE', '/e/aside')]


def main():
    equal(ask('MKCOL', '/e').status, 201)
    for editor in (vim, vim_backup_kept, emacs, libreoffice, gedit, gedit_backup, word, copy_over):
        f = f'/e/{editor.__name__}'
        saved = [b'%s, the first' % editor.__name__.encode()]
        equal(ask('PUT', f, saved[0]).status, 201)
        for i in range(3):
            saved.append(b'%s, save %d' % (editor.__name__.encode(), i))
            for method, path, what in ((*step, None)[:3] for step in editor(f, saved[-1])):
                is_body = method == 'PUT'
                fields = {} if what is None or is_body else {'Destination': what, 'Overwrite': 'T'}
                a = ask(method, path, what if is_body else None, **fields)
                check(a.status in (201, 204), editor.__name__, method, path, a)
        seen = list(parse(ask('REPORT', f, TREE)).values())
        tags = [v.text('getetag') for v in seen if v.text('getetag') != etag(b'')]
        equal([t for i, t in enumerate(tags) if t not in tags[:i]], [etag(b) for b in reversed(saved)], editor.__name__)
        for v, body in zip([v for v in seen if v.text('getetag') == etag(saved[1])], (saved[1],)):
            equal(ask('COPY', v.href, Destination=f).status, 204)
            equal(ask('GET', f).body, body, editor.__name__)


run(main)
