"""resolve: one version stays, the other is in the trash, and both machines agree."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *
from terminal import on_terminal


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
    resolve('d/plan.md', want=2), resolve('d/plan.md', '--mine', '--theirs', want=2), resolve('d/plan.md', 'x', '--mine', want=2), resolve('other', '--mine', want=4)
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
    # Both, by lines, with what they came from; in the editor where they changed the same; asked for on a terminal.
    def editor(name, script):
        write(name, '#!/bin/sh\n' + script), os.chmod(name, 0o755)
        return os.path.abspath(name)

    lines = ''.join(f'{i}\n' for i in range(9))
    taking = editor('taking', "grep -v '^[<>=]......' \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"\n")
    ann.write('data.csv', lines), settle(ann, bea)
    ann.write('data.csv', lines.replace('1', 'one')), bea.write('data.csv', lines.replace('7', 'seven')), ann.run(), bea.run(want=3)
    assert 'would be merged' in resolve('-n', 'data.csv', '--merge').out
    assert 'saved' in resolve('data.csv', '--merge').out and bea.copies() == []
    assert settle(ann, bea)['data.csv'] == lines.replace('1', 'one').replace('7', 'seven')
    assert {lines.replace('1', 'one'), lines.replace('7', 'seven')} <= set(trash(bea))
    ann.write('data.csv', lines), settle(ann, bea)
    ann.write('data.csv', lines.replace('4', 'anns')), bea.write('data.csv', lines.replace('4', 'beas')), ann.run(), bea.run(want=3)
    refused = resolve('data.csv', '--merge', want=3)
    assert 'VISUAL or EDITOR' in refused.err and len(bea.copies()) == 1
    bea.env['EDITOR'] = editor('leaving', 'echo x >> "$1"\n')
    refused = resolve('data.csv', '--merge', want=3)
    assert 'marks' in refused.err and read(refused.err.split('so far is in ')[1].strip()).endswith(b'x\n') and len(bea.copies()) == 1
    bea.env['EDITOR'] = taking
    code, text = on_terminal('resolve', bea.copies()[0], env={**bea.env, 'TERM': 'xterm'}, cwd=bea.folder,
                             answers=[('[q]uit? ', 'q')])
    assert code == 0 and '-anns' in text and '+beas' in text and len(bea.copies()) == 1, text
    code, text = on_terminal('resolve', bea.copies()[0], env={**bea.env, 'TERM': 'xterm'}, cwd=bea.folder,
                             answers=[('[q]uit? ', 'm')])
    assert code == 0 and bea.copies() == [], text
    # What was written of it before was gone on with.
    assert settle(ann, bea)['data.csv'] == lines.replace('4', 'beas\nanns') + 'x\n'
    # From elsewhere, by its path.
    ann.write('data.csv', lines), settle(ann, bea)
    ann.write('data.csv', 'a'), bea.write('data.csv', 'b'), ann.run(), bea.run(want=3)
    resolve(bea.path('data.csv'), '--theirs', cwd='.')
    assert settle(ann, bea)['data.csv'] == 'a'
    # Folders are for people to look through.
    ann.write('new', 'file'), bea.write('new/x', 'x'), ann.run(), bea.run(want=3)
    assert 'no file' in resolve('new', '--mine', want=1).err and bea.tree()[bea.copies()[0] + '/x'] == 'x'


dav.run(main)
