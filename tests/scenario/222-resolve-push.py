"""A refused push is settled: shown, asked on a terminal, mine, theirs, both; nothing is overwritten that was not shown."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *
from terminal import on_terminal

BASE = ''.join(f'line {i}\n' for i in range(8))
QUESTION = '[q]uit? '


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    envs = {name: environment(**where, TERM='xterm', XDG_STATE_HOME=os.path.abspath(name + '-state')) for name in ('ann', 'bea')}
    os.mkdir('ann'), os.mkdir('bea')

    def run(who, *args, want=0, stdin=None, **more):
        return sync(*args, env={**envs[who], **more}, cwd=who, want=want, stdin=stdin)

    def editor(name, script):
        write(name, '#!/bin/sh\n' + script)
        os.chmod(name, 0o755)
        return os.path.abspath(name)

    def clash(name, anns, beas, base=BASE):
        """Both had `base`; bea saved hers; ann's push is refused."""
        write('ann/' + name, base), run('ann', 'push', '--force', name), run('bea', 'pull', '--force', name)
        write('bea/' + name, beas), run('bea', 'push', name), write('ann/' + name, anns)
        return run('ann', 'push', name, want=3)

    def there(name):
        return run('ann', 'cat', '/' + name).out

    # The first ten minutes.
    refused = clash('file.txt', 'one\nmore\nTWO\n', 'one\nmore\ntwo\n', 'one\nmore\n')
    assert 'settle it:  syncc resolve file.txt' in refused.err and 'see both:  syncc diff file.txt' in refused.err, refused
    assert run('ann', 'resolve', 'file.txt', want=2).err.count('--merge') == 1
    assert run('ann', 'resolve', 'file.txt', '--mine', '--theirs', want=2) and there('file.txt') == 'one\nmore\ntwo\n'
    code, text = on_terminal('resolve', 'file.txt', env=envs['ann'], cwd='ann', answers=[(QUESTION, 'x'), ('one letter', 'q')])
    assert code == 0 and '-two' in text and '+TWO' in text and '(yours)' in text and '(server, ' in text, text
    assert there('file.txt') == 'one\nmore\ntwo\n' and read('ann/file.txt') == b'one\nmore\nTWO\n'
    code, text = on_terminal('resolve', 'file.txt', env=envs['ann'], cwd='ann', answers=[(QUESTION, 'n')])
    kept = etag(b'one\nmore\ntwo\n')[1:9]
    assert code == 0 and text.splitlines()[-1].endswith(f'(theirs stays in the history as {kept})') and 'saved' in text, text
    assert there('file.txt') == 'one\nmore\nTWO\n' and kept in run('ann', 'log', 'file.txt').out
    assert run('ann', 'push', 'file.txt').out == 'file.txt\tunchanged\n'
    # Nothing to settle.
    assert run('ann', 'resolve', 'file.txt', '--mine').out == 'file.txt\tunchanged\n'
    write('ann/file.txt', 'an edit\n')
    assert 'no conflict' in run('ann', 'resolve', 'file.txt', '--mine', want=4).err and there('file.txt') == 'one\nmore\nTWO\n'
    run('ann', 'resolve', 'nothing.txt', '--mine', want=4), run('ann', 'resolve', '../ann', '--mine', want=1)

    # Theirs; on a terminal, too.
    clash('file.txt', "ann's\n", "bea's\n"), run('ann', '-n' if False else 'resolve', '-n', 'file.txt', '--theirs')
    assert read('ann/file.txt') == b"ann's\n"
    assert 'fetched' in run('ann', 'resolve', 'file.txt', '--theirs').out and read('ann/file.txt') == b"bea's\n" == there('file.txt').encode()
    write('ann/file.txt', "bea's, and ann's\n"), run('ann', 'push', 'file.txt')
    # Both, by lines: no editor for what does not touch.
    failing = editor('failing', 'exit 3\n')
    mine, hers = BASE.replace('line 1\n', "ann's\n"), BASE.replace('line 6\n', "bea's\n")
    both = mine.replace('line 6\n', "bea's\n")
    clash('plan.md', mine, hers), os.chmod('ann/plan.md', 0o640)
    assert 'saved' in run('ann', 'resolve', 'plan.md', '--merge', EDITOR=failing).out
    assert there('plan.md') == both == read('ann/plan.md').decode() and os.stat('ann/plan.md').st_mode & 0o777 == 0o640
    # The same lines: in the editor, which must leave no marks; what was written is not lost.
    mine, hers = BASE.replace('line 1\n', "ann's\n"), BASE.replace('line 1\n', "bea's\n")
    clash('plan.md', mine, hers)
    assert 'VISUAL or EDITOR' in run('ann', 'resolve', 'plan.md', '--merge', want=3).err
    seeing = editor('seeing', 'cp "$1" "$SEEN"; echo more >> "$1"\n')
    refused = run('ann', 'resolve', 'plan.md', '--merge', want=3, EDITOR=seeing, SEEN=os.path.abspath('seen'))
    left = refused.err.split('so far is in ')[1].strip()
    assert 'marks' in refused.err and read(left).endswith(b'more\n') and os.path.basename(left) == 'plan.md', refused
    assert os.stat(os.path.dirname(left)).st_mode & 0o777 == 0o700
    assert read('seen').startswith(b"line 0\n<<<<<<< yours\nann's\n=======\nbea's\n>>>>>>> server, ")
    assert read('ann/plan.md').decode() == mine and there('plan.md') == hers
    assert 'failed (3)' in run('ann', 'resolve', 'plan.md', '--merge', want=1, VISUAL=failing, EDITOR=seeing).err
    assert 'could not be run' in (error := run('ann', 'resolve', 'plan.md', '--merge', want=1, EDITOR='/no/such').err) or '(127)' in error
    taking = editor('taking', "test \"$1\" = -x && shift; grep -v '^[<>=]......' \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"\n")
    temp = os.path.abspath('temp')
    os.mkdir(temp)
    code, text = on_terminal('resolve', 'plan.md', env={**envs['ann'], 'EDITOR': taking + ' -x', 'TMPDIR': temp}, cwd='ann',
                             answers=[(QUESTION, 'm')])
    assert 'going on with a merge' in text and os.listdir(temp) == [] and not os.path.exists(left)
    assert code == 0 and there('plan.md') == BASE.replace('line 1\n', "ann's\nbea's\n") + 'more\n' == read('ann/plan.md').decode(), text
    # Without a version both came from each difference is shown; no text is not merged.
    write('ann/new.md', 'a\nb\n'), write('bea/new.md', 'a\nc\n'), run('bea', 'push', 'new.md'), run('ann', 'push', 'new.md', want=3)
    run('ann', 'resolve', 'new.md', '--merge', EDITOR=taking)
    assert there('new.md') == 'a\nb\nc\n'
    clash('bin', 'a\0', 'b\0', 'c\0')
    assert '--mine or --theirs' in run('ann', 'resolve', 'bin', '--merge', want=1).err
    # Changed there once more while it was looked at, and here.
    clash('plan.md', mine, hers)
    more = editor('more', "echo yet > bea-yet; cp bea-yet ../bea/plan.md; (cd ../bea && XDG_STATE_HOME=$BEA syncc push --force plan.md >&2)\n"
                  f"exec {taking} \"$1\"\n")
    again = run('ann', 'resolve', 'plan.md', '--merge', want=3, EDITOR=more, BEA=envs['bea']['XDG_STATE_HOME'])
    assert 'once more' in again.err and there('plan.md') == 'yet\n' and "ann's\nbea's\n" in read('ann/plan.md').decode(), again
    run('ann', 'resolve', 'plan.md', '--theirs')
    clash('plan.md', mine, hers)
    touching = editor('touching', f"echo late > plan.md\nexec {taking} \"$1\"\n")
    assert 'meanwhile' in run('ann', 'resolve', 'plan.md', '--merge', want=3, EDITOR=touching).err
    assert read('ann/plan.md') == b'late\n' and there('plan.md') == hers
    # Removed there; under another name there.
    run('bea', 'rm', 'plan.md'), run('ann', 'push', 'plan.md', want=3)
    assert 'removed' in run('ann', 'resolve', 'plan.md', '--theirs', want=3).err
    run('ann', 'resolve', 'plan.md', '--mine')
    assert there('plan.md') == 'late\n'
    write('ann/here.txt', 'x\n'), run('ann', 'push', 'here.txt', '/there.txt'), run('bea', 'push', '--force', '-', '/there.txt', stdin='y\n')
    write('ann/here.txt', 'z\n')
    assert 'resolve here.txt /there.txt' in run('ann', 'push', 'here.txt', '/there.txt', want=3).err
    run('ann', 'resolve', 'here.txt', '/there.txt', '--mine')
    assert there('there.txt') == 'z\n'


dav.run(main)
