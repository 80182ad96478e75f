"""One name, its accents written in another way: for the server it is the same name, and nothing of it is lost on the way."""
import os, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *

ONE, APART = 'caf\u00e9', 'cafe\u0301'


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    ann, bea = Machine('ann'), Machine('bea')
    # Renamed here: empty, with a content, changed as well, a folder as it is, one with something new, something changed and one less.
    before = {'empty': '', 'text': 'x' * 100, 'edited': 'e', 'same/in': 'i', 'other/in': 'i', 'other/gone': 'g', 'other/deep/er': 'd'}
    ann.write('keep', 'k'), ann.write('other', 'k')
    for old, new in ((ONE, APART), (APART, ONE)):
        for name, text in before.items():
            ann.write(name.split('/')[0] + old + name[len(name.split('/')[0]):], text)
        settle(ann, bea)
        for name in ('empty', 'text', 'edited', 'same', 'other'):
            os.rename(ann.path(name + old), ann.path(name + new))
        ann.write('edited' + new, 'changed'), ann.write(f'other{new}/in', 'changed'), ann.write(f'other{new}/new', 'n')
        ann.remove(f'other{new}/gone')
        tree = settle(ann, bea, rounds=8)
        assert tree == {'keep': 'k', 'other': 'k', 'empty' + new: '', 'text' + new: 'x' * 100, 'edited' + new: 'changed', f'same{new}': None, f'same{new}/in': 'i',
                        f'other{new}': None, f'other{new}/in': 'changed', f'other{new}/new': 'n', f'other{new}/deep': None,
                        f'other{new}/deep/er': 'd'}, tree
        assert len(ann.sync('ls', '-R', '/docs').out.splitlines()) == len(tree) and ann.sync('verify', 'ann').code == 0
        for name in ('empty', 'text', 'edited', 'same', 'other'):
            ann.remove(name + new)
        settle(ann, bea)
    # A folder that is joined has the other spelling of what the server has: both are here then, and held; whichever is removed, the other stays.
    for name, text in (('equal', 's'), ('differs', 'o'), ('folder/in', 'i')):
        head, _, tail = name.partition('/')
        ann.write(head + ONE + (tail and '/' + tail), text)
        path = os.path.join('cat', head + APART + (tail and '/' + tail))
        os.makedirs(os.path.dirname(path), exist_ok=True), write(path, text if name == 'equal' else 'mine')
    ann.run()
    cat = Machine('cat', clone=False)
    for said in (sync('clone', '-y', '/docs', 'cat', env=cat.env, want=1), cat.run(want=1)):
        assert said.err.count('how accents are written') == 6, said
    assert len(cat.tree()) == 10
    cat.remove('equal' + ONE), cat.remove('differs' + APART), cat.remove('folder' + ONE)
    cat.run(), ann.run()
    tree = settle(cat, ann, bea)
    assert tree == {'keep': 'k', 'other': 'k', 'equal' + APART: 's', 'differs' + ONE: 'o', 'folder' + APART: None, f'folder{APART}/in': 'mine'}, tree


dav.run(main)
