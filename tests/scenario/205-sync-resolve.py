"""resolve: one version stays, the other is in the trash, and both machines agree."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def trash(machine):
    return [read(machine.path('.sync/trash/' + f)).decode() for f in os.listdir(machine.path('.sync/trash'))]


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea = Machine('ann'), Machine('bea')

    def resolve(*args, want=0, cwd=bea.folder):
        return sync('resolve', *args, env=bea.env, cwd=cwd, want=want)

    def clash(name, round):
        ann.write(name, f"ann's {round}"), bea.write(name, f"bea's {round}")
        ann.run(), bea.run(want=3)
        return bea.copies()[0]

    ann.write('d/plan.md', 'base'), settle(ann, bea)
    copy = clash('d/plan.md', 1)
    resolve('d/plan.md', want=2), resolve('d/plan.md', '--mine', '--theirs', want=2), resolve('other', '--mine', want=4)
    assert 'would be settled' in resolve('-n', 'd/plan.md', '--mine').out and bea.copies()
    run = resolve('plan.md', '--mine', cwd=bea.path('d'))
    assert 'up\td/plan.md\t7 B\tsaved' in run.out, run
    assert bea.copies() == [] and bea.read('d/plan.md') == "bea's 1" and "ann's 1" in trash(bea)
    assert settle(ann, bea)['d/plan.md'] == "bea's 1"

    copy = clash('d/plan.md', 2)
    resolve(bea.path(copy), '--theirs')
    assert bea.copies() == [] and bea.read('d/plan.md') == "ann's 2" and "bea's 2" in trash(bea)
    settle(ann, bea)
    bea.run(), bea.status('--exit-code')

    # The file went meanwhile: mine takes its place.  Two copies: which one?
    copy = clash('d/plan.md', 3)
    bea.remove('d/plan.md')
    resolve('d/plan.md', '--mine')
    assert settle(ann, bea)['d/plan.md'] == "bea's 3"
    clash('d/plan.md', 4), clash('d/plan.md', 5)
    assert 'several' in resolve('d/plan.md', '--mine', want=2).err
    resolve(bea.copies()[0], '--theirs', want=3), resolve(bea.copies()[0], '--theirs')
    settle(ann, bea)
    resolve('../ann/d/plan.md', '--mine', want=4)
    # Folders are for people to look through.
    ann.write('new', 'file'), bea.write('new/x', 'x'), ann.run(), bea.run(want=3)
    assert 'no file' in resolve('new', '--mine', want=1).err and bea.tree()[bea.copies()[0] + '/x'] == 'x'


dav.run(main)
