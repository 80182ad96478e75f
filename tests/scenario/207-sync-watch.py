"""watch: what changes here is there soon, and the other way round; folders that come are watched; ctrl-C ends it well."""
import atexit, os, signal, subprocess, sys, threading, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


class Watch:
    def __init__(self, machine, *args):
        self.p = subprocess.Popen([CLIENT, 'watch', *args, machine.name], env=machine.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        atexit.register(self.p.kill)  # a test that fails leaves nothing behind
        self.out, self.err = [], []
        self.threads = [threading.Thread(target=self.drain, args=a, daemon=True) for a in ((self.p.stdout, self.out), (self.p.stderr, self.err))]
        for t in self.threads:
            t.start()

    def drain(self, stream, lines):
        for line in stream:
            lines.append(line)

    def end(self, number=signal.SIGINT):
        self.p.send_signal(number)
        code = self.p.wait(timeout=60)
        for t in self.threads:
            t.join()
        return code


def until(holds, what, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea, eve = Machine('ann'), Machine('bea'), Machine('eve')
    ann.write('before', 'it was there'), bea.write('old/deep/x', 'x'), bea.run()
    watches = Watch(ann, '-v'), Watch(bea)
    try:
        until(lambda: bea.tree() == ann.tree() and len(bea.tree()) == 4, 'what was there when it began')
        # One client a folder.
        assert 'another client' in ann.run(want=6).err
        # New folders, with what came into them at once and later.
        os.makedirs(ann.path('a/b/c')), ann.write('a/b/c/f', '1')
        until(lambda: bea.tree().get('a/b/c/f') == '1', 'a file in new folders')
        ann.write('a/b/c/g', '2')
        until(lambda: bea.tree().get('a/b/c/g') == '2', 'a file in a folder that was new')
        bea.write('a/b/c/g', 'from bea'), bea.write('old/deep/y', 'y')
        until(lambda: ann.tree().get('a/b/c/g') == 'from bea' and ann.tree().get('old/deep/y') == 'y', 'back')
        # Renamed: what is in it is noticed under its new name.
        os.rename(ann.path('a'), ann.path('moved')), time.sleep(0.3), ann.write('moved/b/h', '3')
        until(lambda: bea.tree().get('moved/b/h') == '3' and 'a' not in bea.tree(), 'a renamed folder')
        # As editors do: a new file renamed over the old one; deleted.
        ann.write('before.tmp', 'edited'), os.rename(ann.path('before.tmp'), ann.path('before')), ann.remove('moved/b/c/f')
        until(lambda: bea.tree().get('before') == 'edited' and 'moved/b/c/f' not in bea.tree(), 'renamed over, deleted')
        # What a third one does.
        eve.run(), eve.write('third', 'e'), eve.run()
        until(lambda: 'third' in ann.tree() and 'third' in bea.tree(), 'from a third machine')
        until(lambda: ann.tree() == bea.tree(), 'all equal')
        # Idle, it only asks now and then.
        time.sleep(3)
        asked = len(watches[0].err)
        time.sleep(2)
        assert len(watches[0].err) - asked <= 8, watches[0].err[asked:]
    finally:
        codes = [w.end() for w in watches]
    assert codes == [0, 0], (codes, watches[0].err)
    lines = [line.rstrip('\n').split('\t') for line in watches[1].out]
    assert any(l[1:] == ['down', 'a/b/c/f', '1 B', 'fetched'] and len(l[0]) == 8 for l in lines if len(l) > 1), lines
    assert lines[0] == ['watching; ctrl-C ends']
    assert settle(ann, bea, eve)['third'] == 'e'
    # TERM likewise; a belt ends it.
    w = Watch(ann)
    until(lambda: w.out, 'it begins')
    time.sleep(0.5)
    assert w.end(signal.SIGTERM) == 0
    os.remove('ann/.sync/id')
    w = Watch(ann)
    assert w.p.wait(timeout=60) == 3
    w.end()
    assert 'not mounted?' in ''.join(w.err)
    ann.sync('watch', '-n', 'bea', want=None)


dav.run(main)
