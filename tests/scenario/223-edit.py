"""edit: fetched, opened, saved if nobody changed it; nothing that was written is lost, whatever ends it."""
import os, signal, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from mock import *
from terminal import on_terminal


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    env = environment(**where, TERM='xterm', XDG_STATE_HOME=os.path.abspath('ann-state'))
    other = environment(**where, XDG_STATE_HOME=os.path.abspath('bea-state'))
    edits = os.path.abspath('ann-state/sync/edits')

    def editor(name, script):
        write(name, '#!/bin/sh\n' + script)
        os.chmod(name, 0o755)
        return os.path.abspath(name)

    def edit(script, *args, want=0, path='docs/plan.md', **more):
        return sync('edit', path, *args, env={**env, 'EDITOR': editor('editor', script), **more}, want=want)

    def there(path='/docs/plan.md'):
        return sync('cat', path, env=other).out

    def left():
        return [os.path.join(at, f) for at, _, files in os.walk(edits) for f in files if f != 'base']

    def bea(text, path='/docs/plan.md'):
        sync('push', '--force', '-', path, env=other, stdin=text)

    lines = ''.join(f'{i}\n' for i in range(9))
    # A new one, in a folder that is made; one that nobody wrote; one that did not change; with VISUAL before EDITOR, and options.
    assert edit('exit 0').out == 'docs/plan.md\tunchanged\n' and left() == []
    assert edit(f'test ! -e "$1" && printf %s "{lines}" > "$1"').out.startswith('docs/plan.md\t18 B\tcreated\t') and there() == lines
    assert edit('exit 0').out == 'docs/plan.md\tunchanged\n' and os.listdir(edits) == []
    run = edit('exit 9', VISUAL=editor('v i', 'test "$1" = -x || exit 1; basename "$2" > name; stat -c %a . "$2" > modes; sed -i s/4/four/ "$2"\n')
               .replace(' ', '\\ ') + ' -x')
    assert 'saved' in run.out and there() == lines.replace('4', 'four') and read('name') == b'plan.md\n', run
    assert read('modes').split()[1] == b'600' and os.listdir(edits) == []
    assert 'would be opened' in edit('exit 9', '-n').out
    assert 'no editor' in sync('edit', '/docs/plan.md', env=env, want=2).err
    edit('exit 9', path='docs', want=1), edit('exit 9', path='/', want=2)
    assert left() == []

    # The editor fails: what was written is kept and said, and gone on with.
    assert 'failed (9)' in edit('exit 9', want=1).err and left() == []
    run = edit('echo mine >> "$1"; exit 9', want=1)
    assert 'your edit is kept in ' + left()[0] in run.err and 'sync' in run.err and read(left()[0]).endswith(b'mine\n'), run
    run = edit('grep -q mine "$1" && echo yours >> "$1"')
    assert 'going on' in run.err and 'saved' in run.out and there().endswith('mine\nyours\n') and left() == []
    # Killed in between, and another editor at the same file.
    script = script_waiting = editor('waiting', 'echo killed >> "$1"; touch waits; while test -e waits; do sleep 0.05; done\n')
    child = subprocess.Popen([CLIENT, 'edit', '/docs/plan.md'], env={**env, 'EDITOR': script}, stdin=subprocess.DEVNULL)
    while not os.path.exists('waits'):
        assert child.poll() is None
    assert 'another editor' in edit('exit 9', want=6).err
    child.send_signal(signal.SIGKILL), child.wait(), os.remove('waits')
    run = edit('exit 0')
    assert 'going on' in run.err and 'saved' in run.out and there().endswith('killed\n') and left() == [], run

    # The state was lost, and a later version seen elsewhere: the edit is still one of what it began with.
    edit('echo stale >> "$1"; exit 9', want=1), bea(lines)
    os.remove('ann-state/sync/state.db'), sync('pull', '/docs/plan.md', '-o', 'seen.md', env=env)
    edit('exit 0', want=3)
    assert there() == lines and read(left()[0]).endswith(b'stale\n')
    os.remove('ann-state/sync/state.db'), sync('push', '--force', left()[0], '/docs/plan.md', env=other)
    edit('exit 0')
    assert left() == []
    # A new one that was not saved, and somebody else's of that name since, which was seen elsewhere.
    edit('echo new >> "$1"; exit 9', want=1, path='/docs/new.md'), bea('other\n', '/docs/new.md')
    sync('pull', '/docs/new.md', '-o', 'new.md', env=env), edit('exit 0', want=3, path='/docs/new.md')
    assert there('/docs/new.md') == 'other\n' and read(left()[0]) == b'new\n'
    os.remove(left()[0])
    # Changed there meanwhile: kept; merged when asked for, with the editor where both changed the same.
    bea(lines)
    change = 'test -e done || { sed s/1/one/ "$1" | syncc push --force - /docs/plan.md >&2; touch done; }\n'
    more = {'XDG_STATE_HOME': os.path.abspath('bea-state')}
    theirs = f'XDG_STATE_HOME={more["XDG_STATE_HOME"]}; export XDG_STATE_HOME\n{change}'
    run = edit(theirs + 'sed -i s/7/seven/ "$1"', want=3)
    assert 'your edit is kept in ' + left()[0] in run.err and there() == lines.replace('1', 'one'), run
    assert read(left()[0]).decode() == lines.replace('7', 'seven')
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': 'true'}, answers=[('edit here? ', 'k')])
    assert code == 3 and len(left()) == 1, text
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': 'true'}, answers=[('edit here? ', 'm')])
    assert code == 0 and there() == lines.replace('1', 'one').replace('7', 'seven') and left() == [], text
    bea(lines), os.remove('done')
    script = editor('twice', theirs + 'if grep -q "^<<<<<<<" "$1"; then sed -i "/^[<>=]....../d" "$1"; else sed -i s/1/mine/ "$1"; fi\n')
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': script}, answers=[('edit here? ', 'm')])
    assert code == 0 and there() == lines.replace('1', 'mine\none') and left() == [], text
    bea(lines), os.remove('done')
    script = editor('leaves', theirs + 'grep -q "^<<<<<<<" "$1" || sed -i s/1/mine/ "$1"\n')
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': script}, answers=[('edit here? ', 'm')])
    assert code == 3 and 'marks' in text and read(left()[0]).decode() == lines.replace('1', 'mine') and there() == lines.replace('1', 'one'), text
    # Killed while a merge is in the editor: what was written of it is said, gone on with, and put aside when it is another one by then.
    sync('rm', '/docs/plan.md', env=other), os.remove(left()[0]), bea(lines), os.remove('done')
    script = editor('dies', theirs + 'if grep -q "^<<<<<<<" "$1"; then echo half >> "$1"; touch dying; p=$PPID\n'
                    'until test "$(cat /proc/$p/comm)" = syncc; do p=$(cut -d" " -f4 /proc/$p/stat); done; kill -9 $p\n'
                    'else sed -i s/1/mine/ "$1"; fi\n')
    for again in (False, True):
        on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': script}, answers=[('edit here? ', 'm')])
        [half] = [f for f in left() if '/merge/plan.md' in f]
        assert os.path.exists('dying') and read(half).endswith(b'half\n' * (1 + again)) and b'<<<<<<<' in read(half)
        assert read([f for f in left() if '/yours/' in f][0]).decode() == lines.replace('1', 'mine')
    assert f'not ended is in {half}' in edit('true', want=3).err
    bea(lines.replace('1', 'other'))
    script = editor('ends', 'sed -i "/^[<>=]....../d" "$1"\n')
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': script}, answers=[('edit here? ', 'm')])
    assert code == 0 and f'an earlier merge is in {half}.1' in text.replace('\r\n', '') and there() == lines.replace('1', 'mine\nother'), text
    assert read(half + '.1').endswith(b'half\nhalf\n') and left() == [half + '.1']
    os.remove(half + '.1'), os.rmdir(os.path.dirname(half)), os.rmdir(os.path.dirname(os.path.dirname(half)))
    bea(lines.replace('1', 'one')), edit('sed -i s/one/mine/ "$1"; exit 9', want=1)
    # Removed there meanwhile: kept, and it can be saved anew.
    sync('rm', '/docs/plan.md', env=other)
    run = edit('exit 0', want=3)
    assert 'removed' in run.err and len(left()) == 1, (run, left())
    code, text = on_terminal('edit', '/docs/plan.md', env={**env, 'EDITOR': 'true'}, answers=[('edit here? ', 'm')])
    assert code == 0 and there() == lines.replace('1', 'mine') and left() == [], text
    # Locked by another while it was in the editor: kept.
    run = edit(f'XDG_STATE_HOME={more["XDG_STATE_HOME"]} syncc lock /docs/plan.md >&2; echo y >> "$1"', want=8)
    assert 'your edit is kept in ' + left()[0] in run.err and there() == lines.replace('1', 'mine'), run
    sync('unlock', '/docs/plan.md', env=other), edit('exit 0')
    assert there().endswith('y\n') and left() == []
    # Nothing there to be read: nothing is opened.
    sync('edit', '/docs/plan.md', env={**env, 'EDITOR': 'touch opened; true', 'SYNC_TOKEN': 'wrong'}, want=5)
    assert not os.path.exists('opened') and left() == []
    # Ended by a signal while it is in the editor: what is written then is kept, not sent.
    child = subprocess.Popen([CLIENT, 'edit', '/docs/plan.md'], env={**env, 'EDITOR': script_waiting}, stdin=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    while not os.path.exists('waits'):
        assert child.poll() is None
    before = there()
    child.send_signal(signal.SIGINT), child.send_signal(signal.SIGTERM), os.remove('waits')
    said = child.communicate()[1]
    assert child.returncode == 130 and 'your edit is kept in ' + left()[0] in said and there() == before, said
    edit('exit 0')
    assert there() == before + 'killed\n' and left() == []
    # Bytes of any kind; so many that no editor is for them.
    bea('\0\n', '/docs/bin'), edit('printf "\\001" >> "$1"', path='/docs/bin')
    assert there('/docs/bin') == '\0\n\1'
    with open('large', 'wb') as f:
        f.truncate((64 << 20) + 1)
    sync('push', 'large', '/docs/large', env=other)
    assert 'pull /docs/large' in edit('touch opened', path='/docs/large', want=8).err and not os.path.exists('opened') and left() == []
    # A name that could be an option or a command.
    odd = "/docs/-x $(touch pwned); 'q\".txt"
    edit('echo odd > "$1"', path=odd)
    assert there(odd) == 'odd\n' and not os.path.exists('pwned')


dav.run(main)
