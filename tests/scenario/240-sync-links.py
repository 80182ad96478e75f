"""--links=text: a symbolic link goes to the server as a small text, comes back as a link where that was asked for, and is never followed."""
import os, shutil, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from foreign import Foreign
from syncing import *

MARK = '!<symlink>'


class Linker(Machine):
    """One that asked for links: its tree has them as what stands for them."""

    def __init__(self, name):
        super().__init__(name, clone=False)
        sync('clone', '--links=text', '/docs', name, env=self.env)

    def link(self, target, name):
        os.symlink(target, self.path(name))

    def target(self, name):
        return os.readlink(self.path(name))

    def tree(self):
        found = super().tree()
        for at, folders, files in os.walk(self.folder):
            if '.sync' in folders:
                folders.remove('.sync')
            for name in folders + files:
                path = os.path.join(at, name)
                if os.path.islink(path):
                    found[os.path.relpath(path, self.folder)] = MARK + os.fsencode(os.readlink(path)).decode(errors='surrogateescape')
        return found


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    env = environment(**where)
    sync('mkdir', 'docs', env=env)
    assert 'text or skip' in sync('clone', '--links=copy', '/docs', 'no', env=env, want=2).err and not os.path.exists('no')
    ann, bea, cat = Linker('ann'), Linker('bea'), Machine('cat')
    assert 'links = text\n' in open(ann.path('.sync/config')).read()

    # Of every kind: to a file, a folder, out of the folder, to nothing, with bytes of any kind; the target is never looked at.
    write('secret', 's'), os.makedirs('outside/deep'), write('outside/deep/file', 'o')
    ann.write('plan.md', 'plan'), ann.write('folder/a', 'a')
    targets = {'file': 'plan.md', 'folder-link': 'folder', 'out': '../secret', 'tree': os.path.abspath('outside'), 'dangling': 'nowhere',
               'folder/up': '../plan.md', 'self': 'self', 'sync': '.sync', 'odd': b'a\n\xff b'.decode(errors='surrogateescape'),
               'long': 'x' * 4095, 'notes.txt': 'line'}
    for name, target in targets.items():
        ann.link(target, name)
    said = ann.run()
    assert 'not synced' not in ann.status().err and said.out.count('created') == len(targets) + 2, said
    bea.run(), cat.run()
    for name, target in targets.items():
        assert bea.target(name) == target, name
        assert not os.path.islink(cat.path(name)) and read(cat.path(name)) == os.fsencode(MARK + target), name
    assert os.listdir('outside/deep') == ['file'] and ann.tree() == bea.tree() == cat.tree()
    assert sync('cat', '/docs/out', env=env).out == MARK + '../secret'
    for m in (ann, bea, cat):
        assert m.run('-v').err.count('> ') == 1 and m.sync('verify', m.name).code == 0
    assert all(os.lstat(bea.path(n)).st_mtime_ns // 10**9 == os.lstat(ann.path(n)).st_mtime_ns // 10**9 for n in targets)

    # Another target, on either kind of machine; a text that is one no more; a link becomes a file, a file a link, a folder one; they move.
    bea.remove('file'), bea.link('folder/a', 'file'), bea.run()
    cat.run(), cat.write('dangling', MARK + 'somewhere'), cat.write('self', 'no link any more'), cat.run()
    ann.run()
    assert (ann.target('file'), ann.target('dangling'), ann.read('self')) == ('folder/a', 'somewhere', 'no link any more')
    assert cat.read('file') == MARK + 'folder/a'
    ann.remove('out'), ann.write('out', 'a file now'), ann.remove('plan.md'), ann.link('out', 'plan.md')
    ann.remove('folder'), ann.link('elsewhere', 'folder'), ann.remove('tree'), ann.write('tree/in', 'i')
    os.rename(ann.path('odd'), ann.path('odder'))
    moved = ann.run()
    assert 'odder\tmoved from odd\n' in moved.out, moved
    for _ in range(2):
        bea.run(), cat.run()
    assert ann.tree() == bea.tree() == cat.tree(), (ann.tree(), bea.tree(), cat.tree())
    assert bea.target('plan.md') == 'out' and bea.target('folder') == 'elsewhere' and bea.read('tree/in') == 'i'
    assert os.path.islink(bea.path('odder')) and not os.path.lexists(bea.path('odd'))
    os.rename(bea.path('folder'), bea.path('renamed')), settle(ann, bea, cat)
    assert ann.target('renamed') == 'elsewhere' and cat.read('renamed') == MARK + 'elsewhere'
    bea.remove('renamed'), settle(ann, bea, cat)
    assert not os.path.lexists(ann.path('renamed')) and not os.path.lexists(cat.path('renamed'))
    # What looks like one and is none is a file: no target, a target with a zero byte, or one that is longer than any.
    for name, text in (('none', MARK), ('zero', MARK + 'a\0b'), ('longer', MARK + 'x' * 4096), ('late', ' ' + MARK + 'x')):
        cat.write(name, text)
    settle(cat, ann, bea)
    assert ann.read('zero') == MARK + 'a\0b' and ann.read('longer') == MARK + 'x' * 4096 and ann.read('none') == MARK
    # Its time comes along, too; the executable bit is none of a link's.
    os.utime(ann.path('long'), (1_500_000_000, 1_500_000_000), follow_symlinks=False)
    os.chmod(cat.path('long'), 0o755), cat.run(), ann.run(), settle(ann, bea, cat)
    assert os.lstat(bea.path('long')).st_mtime == os.stat(cat.path('long')).st_mtime == 1_500_000_000

    # Both changed it: as with files, the server's keeps the name; two targets are never merged by lines, nor a target with a text.
    for name in ('notes.txt', 'file'):
        ann.remove(name), ann.link('ann', name), ann.run()
        bea.remove(name), bea.link('bea', name)
        assert 'conflict' in bea.run(want=3).out and bea.target(name) == 'ann'
        [copy] = [p for p in bea.tree() if '(conflict ' in p]
        assert bea.target(copy) == 'bea'
        ann.run(), cat.run()
        assert ann.target(copy) == 'bea' and cat.read(copy) == MARK + 'bea'
        ann.remove(copy), settle(ann, bea, cat)
    cat.write('notes.txt', 'one\ntwo\n'), settle(cat, ann, bea), ann.remove('notes.txt'), ann.link('there', 'notes.txt'), ann.run()
    cat.write('notes.txt', 'one\ntwo\nthree\n'), cat.run(want=3)
    assert cat.read('notes.txt') == MARK + 'there' and [cat.read(c) for c in cat.copies()] == ['one\ntwo\nthree\n']
    cat.remove(cat.copies()[0]), settle(cat, ann, bea)
    ann.remove('notes.txt'), ann.link('one\n2\n3\n4\nfive', 'notes.txt'), settle(ann, bea, cat)
    ann.remove('notes.txt'), ann.link('ONE\n2\n3\n4\nfive', 'notes.txt'), ann.run()
    cat.write('notes.txt', MARK + 'one\n2\n3\n4\nFIVE'), cat.run(want=3)
    assert len(cat.copies()) == 1 and cat.read('notes.txt') == MARK + 'ONE\n2\n3\n4\nfive'
    cat.remove(cat.copies()[0]), settle(cat, ann, bea)
    # A change beats a removal, of links too.
    ann.remove('notes.txt'), bea.remove('notes.txt'), bea.link('kept', 'notes.txt'), ann.run(), bea.run(), settle(ann, bea, cat)
    assert ann.target('notes.txt') == 'kept'
    # resolve: either of the two.
    for way, want in (('--mine', 'bea'), ('--theirs', 'ann')):
        ann.remove('file'), ann.link('before ' + way, 'file'), settle(ann, bea, cat)
        ann.remove('file'), ann.link('ann', 'file'), ann.run(), bea.remove('file'), bea.link('bea', 'file'), bea.run(want=3)
        bea.sync('resolve', bea.path('file'), way), settle(bea, ann, cat)
        assert ann.target('file') == bea.target('file') == want, way

    # Where nobody asked for links the server makes none, whatever it has; one that is here is listed, and nothing of it goes anywhere.
    os.symlink('../secret', cat.path('mine'))
    assert 'mine: not synced: a symbolic link' in cat.status().err
    cat.run(), ann.run()
    assert not os.path.lexists(ann.path('mine')) and os.path.islink(cat.path('mine'))
    assert not any(os.path.islink(cat.path(p)) for p in cat.tree())
    os.remove(cat.path('mine'))
    # Below a link there is nothing of ours: what the server has in a folder of that name is not written through it.
    ann.remove('file'), ann.link(os.path.abspath('outside'), 'file'), ann.run()
    sync('rm', '/docs/file', env=env), sync('mkdir', '/docs/file', env=env), sync('push', 'secret', '/docs/file/stolen', env=env)
    ann.run()
    assert os.listdir('outside') == ['deep'] and ann.read('file/stolen') == 's'
    bea.run(), cat.run()

    # Asked for later: texts that came before become links, but no file that was changed since.
    cat.run('--links=text', '-n')
    assert not os.path.islink(cat.path('dangling')) and 'links' not in open(cat.path('.sync/config')).read()
    cat.write('self', MARK + 'mine')
    cat.run('--links=text')
    assert os.readlink(cat.path('dangling')) == 'somewhere' and 'links = text' in open(cat.path('.sync/config')).read()
    assert not os.path.islink(cat.path('self')) and cat.run().out.startswith('0 up  0 down')
    os.symlink('x', cat.path('new')), cat.run(), ann.run(), bea.run()
    assert ann.target('new') == 'x' and ann.target('self') == 'mine'
    # No more: what is a link here is held, as before, and nothing is removed for that, there or here.
    held = cat.run('--links=skip', want=1)
    assert 'new: held: a symbolic link' in held.err and 'links = skip' in open(cat.path('.sync/config')).read(), held
    assert os.path.islink(cat.path('new')) and sync('cat', '/docs/new', env=env).out == MARK + 'x'
    cat.run('--links=text')

    # watch sees a link that is made, and what it is made to point to.
    watching = subprocess.Popen([CLIENT, 'watch', 'ann'], env=ann.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert any('watching' in line for line in watching.stdout)
    ann.link('first', 'watched')
    assert any('watched' in line for line in watching.stdout)
    bea.run()
    assert bea.target('watched') == 'first'
    bea.remove('watched'), bea.link('second', 'watched'), bea.run()
    assert any('watched' in line for line in watching.stdout) and ann.target('watched') == 'second'
    watching.terminate(), watching.wait()

    # A file system that has no links, or none so long.
    shim = os.path.abspath('nolinks.so')
    write('nolinks.c', '#include <errno.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n'
          'int symlinkat(const char *target, int fd, const char *name)\n{ size_t most = strtoul(getenv("MOST"), NULL, 10);\n'
          'if (!most || strlen(target) > most) { errno = most ? ENAMETOOLONG : EPERM; return -1; }\n'
          'return (int)syscall(SYS_symlinkat, target, fd, name); }\n')
    subprocess.run(['cc', '-shared', '-fPIC', '-D_GNU_SOURCE', '-o', shim, 'nolinks.c'], check=True)
    asan = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
    ann.link('y' * 200, 'far'), ann.link('short', 'near'), ann.write('after', 'z'), ann.run()
    said = bea.run(LD_PRELOAD=shim, MOST='100', ASAN_OPTIONS=asan, want=1)
    assert 'far: held: it is a link, with a target too long' in said.err and bea.target('near') == 'short' and bea.read('after') == 'z', said
    assert not os.path.lexists(bea.path('far')) and sync('cat', '/docs/far', env=env).out == MARK + 'y' * 200
    bea.run()
    assert bea.target('far') == 'y' * 200
    ann.link('target', 'plain'), ann.run(), bea.run(LD_PRELOAD=shim, MOST='0', ASAN_OPTIONS=asan, want=None)
    assert not os.path.islink(bea.path('plain')) and bea.read('plain') == MARK + 'target' and sync('cat', '/docs/plain', env=env).out == MARK + 'target'


def elsewhere():
    """With a server of another kind, too."""
    where = {'SYNC_URL': Foreign('apache').url}
    env = environment(**where, XDG_STATE_HOME=os.path.abspath('dan-state'))
    sync('clone', '--links=text', '/', 'dan', env=env)
    dan, eve = Machine('dan', '/', where, clone=False), Machine('eve', '/', where)
    os.symlink('../up', dan.path('link')), dan.write('file', 'f')
    for _ in range(40):
        runs = [m.run(want=None) for m in (dan, eve)]
        if all(r.out.startswith('0 up  0 down') for r in runs) and os.path.exists(eve.path('link')):
            break
        time.sleep(0.3)
    assert eve.read('link') == MARK + '../up' and os.readlink(dan.path('link')) == '../up', (dan.tree(), eve.tree())
    assert dan.sync('verify', 'dan').code == 0


dav.run(main)
elsewhere()
