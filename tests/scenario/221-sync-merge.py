"""Texts that were changed on both sides are merged by lines, with what both came from out of the history; what cannot be is kept twice."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *

BASE = ''.join(f'line {i}\n' for i in range(12))


def edited(changes, text=BASE):
    lines = text.splitlines()
    for at, line in changes.items():
        lines[at] = line
    return '\n'.join(lines) + '\n'


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    ann, bea = Machine('ann'), Machine('bea')

    def trash(machine):
        return [read(machine.path('.sync/trash/' + f)).decode() for f in os.listdir(machine.path('.sync/trash'))]

    def clash(name, anns, beas, want=0):
        """The text on both sides after ann's change is there and bea's meets it."""
        ann.write(name, BASE), settle(ann, bea)
        ann.write(name, anns), bea.write(name, beas), ann.run()
        return bea.run(want=want)

    # Different lines: both changes, one text, the earlier one in the trash and the other's in the history.
    os.chmod(bea.folder, 0o755)
    run = clash('d/plan.md', edited({1: "ann's"}), edited({10: "bea's"}))
    assert 'both\td/plan.md\t' in run.out and 'up\td/plan.md\t' in run.out and run.out.endswith('1 up  0 down  0 conflicts\n'), run
    both = edited({1: "ann's", 10: "bea's"})
    assert settle(ann, bea)['d/plan.md'] == both and bea.copies() == [] and edited({10: "bea's"}) in trash(bea)
    assert ann.sync('cat', '/docs/d/plan.md').out == both
    # status says it before, and changes nothing.
    ann.write('d/plan.md', edited({1: "ann's 2"}, both)), bea.write('d/plan.md', edited({10: "bea's 2"}, both)), ann.run()
    status = bea.status('--exit-code', want=1)
    assert 'both\td/plan.md\tmerged\n' in status.out and bea.read('d/plan.md') == edited({10: "bea's 2"}, both), status
    told = bea.run('--json')
    assert '"action":"merge","result":"merged"' in told.out.replace(' ', ''), told
    settle(ann, bea)
    # The same change on both sides and another one; mode and merge at once.
    bea_mode = 0o755
    ann.write('d/plan.md', BASE), settle(ann, bea)
    os.chmod(ann.path('d/plan.md'), bea_mode)
    ann.write('d/plan.md', edited({1: 'same', 5: "ann's"})), bea.write('d/plan.md', edited({1: 'same', 9: "bea's"})), ann.run(), bea.run()
    assert settle(ann, bea)['d/plan.md'] == edited({1: 'same', 5: "ann's", 9: "bea's"})
    assert os.stat(bea.path('d/plan.md')).st_mode & 0o100
    # One side's change holds the other's: nothing is to be written here, or nothing to be sent.
    clash('notes.txt', edited({3: 'x'}), edited({3: 'x', 8: 'y'}))
    assert settle(ann, bea)['notes.txt'] == edited({3: 'x', 8: 'y'})
    clash('notes.txt', edited({3: 'x', 8: 'y'}), edited({3: 'x'}))
    assert settle(ann, bea)['notes.txt'] == edited({3: 'x', 8: 'y'}) and ann.copies() == bea.copies() == []
    # Three ways at once, without another round of people.
    ann.write('three.md', BASE), settle(ann, bea)
    cal = Machine('cal')
    for m, at in ((ann, 0), (bea, 5), (cal, 11)):
        m.write('three.md', edited({at: m.name}))
    assert settle(ann, bea, cal)['three.md'] == edited({0: 'ann', 5: 'bea', 11: 'cal'})

    # What cannot be merged is kept twice: the same lines, a name that is not listed, no text, too large, no common ancestor.
    def kept_twice(name, anns, beas, base=BASE):
        if base is not None:
            ann.write(name, base)
            settle(ann, bea)
        ann.write(name, anns), bea.write(name, beas), ann.run()
        run = bea.run(want=3)
        copies = bea.copies()
        assert len(copies) == 1 and bea.tree()[copies[0]] == beas and bea.read(name) == anns, run
        assert 'yours is now' in run.out and 'merged' not in run.out, run
        bea.remove(copies[0]), settle(ann, bea)

    kept_twice('plan.txt', edited({4: "ann's"}), edited({4: "bea's"}))
    kept_twice('plan.json', edited({1: "ann's"}), edited({10: "bea's"}))
    kept_twice('zero.txt', edited({1: "ann's\0"}), edited({10: "bea's"}))
    big = 'x' * 99 + '\n'
    kept_twice('big.txt', big * 10600, big + BASE)
    kept_twice('new.txt', edited({1: "ann's"}), edited({10: "bea's"}), base=None)
    write(ann.path('latin.txt'), b'caf\xe9\n' + BASE.encode()), settle(ann, bea)
    write(ann.path('latin.txt'), b'caf\xe9 1\n' + BASE.encode()), bea.write('latin.txt', edited({10: 'x'})), ann.run()
    assert 'yours is now' in bea.run(want=3).out
    bea.remove(bea.copies()[0]), settle(ann, bea)

    # Which names: the folder's own config over the user's, and none at all.
    config = bea.path('.sync/config')
    before = read(config).decode()
    write(config, before + 'merge = none\n')
    kept_twice('off.md', edited({1: "ann's"}), edited({10: "bea's"}))
    write(config, before + 'merge = *.json\n')
    kept_twice('off2.md', edited({1: "ann's"}), edited({10: "bea's"}))
    clash('on.json', edited({1: "ann's"}), edited({10: "bea's"}))
    assert settle(ann, bea)['on.json'] == edited({1: "ann's", 10: "bea's"})
    write(config, before), write('user.conf', '[defaults]\nmerge = *.csv\n')
    bea.env['SYNC_CONFIG'] = os.path.abspath('user.conf')
    clash('on.csv', edited({1: "ann's"}), edited({10: "bea's"}))
    kept_twice('off3.md', edited({1: "ann's"}), edited({10: "bea's"}))
    del bea.env['SYNC_CONFIG']

    # Killed before and after the merged text takes the place of the file: the next run goes on.
    for n, point in enumerate(('sync-effect:1:kill', 'sync-effect-done:1:kill', 'sync-effect:2:kill', 'sync-effect-done:2:kill')):
        name = f'killed{n}.md'
        ann.write(name, BASE), settle(ann, bea)
        ann.write(name, edited({1: "ann's"})), bea.write(name, edited({10: "bea's"})), ann.run()
        assert bea.run(want=None, SYNCD_FAULT=point).code < 0
        assert settle(ann, bea)[name] == edited({1: "ann's", 10: "bea's"}) and bea.copies() == [], name
    # Without diff3(1) it is a conflict as ever.
    ann.write('gone.md', BASE), settle(ann, bea)
    ann.write('gone.md', edited({1: "ann's"})), bea.write('gone.md', edited({10: "bea's"})), ann.run()
    os.mkdir('bin'), os.symlink('/bin/sh', 'bin/sh'), os.symlink(os.path.join(os.environ['BUILD'], 'syncc'), 'bin/syncc')
    assert 'yours is now' in bea.run(want=3, PATH=os.path.abspath('bin')).out and len(bea.copies()) == 1


dav.run(main)
