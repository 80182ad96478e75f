"""The executable bit and the time of a file come along; each by itself, too, without the content; neither is ever a conflict."""
import os, sys
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def main():
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann, bea = Machine('ann'), Machine('bea')

    def mode(machine, name):
        return os.stat(machine.path(name)).st_mode & 0o777

    ann.write('run.sh', '#!/bin/sh\n'), os.chmod(ann.path('run.sh'), 0o755), ann.write('plain', 'x'), os.utime(ann.path('plain'), (1000, 1000))
    run = ann.run('-v')
    assert run.err.count('> PROPPATCH') == 1, run
    bea.run()
    assert mode(bea, 'run.sh') & 0o111 == 0o111 and mode(bea, 'plain') & 0o111 == 0 and os.stat(bea.path('plain')).st_mtime == 1000
    assert ann.run('-v').err.count('> ') == bea.run('-v').err.count('> ') == 1
    # By itself, both ways, without the content.
    os.chmod(bea.path('run.sh'), 0o644), os.chmod(bea.path('plain'), 0o700)
    assert 'mode set' in bea.status().out and mode(ann, 'run.sh') == 0o755
    run = bea.run('-v')
    assert 'PUT' not in run.err and run.err.count('> PROPPATCH') == 2, run
    run = ann.run('-v')
    assert 'GET' not in run.err and 'down\trun.sh\tmode set\n' in run.out, run
    assert mode(ann, 'run.sh') == 0o644 and mode(ann, 'plain') & 0o100
    assert ann.run('-v').err.count('> ') == bea.run('-v').err.count('> ') == 1
    # The same on both sides; content here, the bit there: both arrive.
    for m in (ann, bea):
        os.chmod(m.path('run.sh'), 0o755)
    ann.run()
    assert 'PROPPATCH' not in bea.run('-v').err
    ann.write('run.sh', 'changed'), ann.run()
    os.chmod(bea.path('run.sh'), 0o644), bea.run(), ann.run()
    assert bea.read('run.sh') == 'changed' and mode(bea, 'run.sh') == mode(ann, 'run.sh') == 0o644
    # Content and bit changed there: the bit is not turned back by whom it comes to.
    ann.write('run.sh', 'once more'), os.chmod(ann.path('run.sh'), 0o755), ann.run(), bea.run()
    assert mode(bea, 'run.sh') & 0o111 and bea.read('run.sh') == 'once more'
    ann.write('run.sh', 'and again'), os.chmod(ann.path('run.sh'), 0o644), ann.run(), bea.run()
    assert mode(bea, 'run.sh') & 0o111 == 0 and ann.run('-v').err.count('> ') == 1
    # A time by itself comes along without the content, both ways.
    def mtime(machine, name='plain'):
        return os.stat(machine.path(name)).st_mtime

    os.utime(ann.path('plain'), (5000, 5000))
    assert 'up\tplain\ttime set\n' in ann.status().out
    run = ann.run('-v')
    assert 'PUT' not in run.err and run.err.count('> PROPPATCH') == 1 and 'up\tplain\ttime set\n' in run.out, run
    run = bea.run('-v')
    assert 'GET' not in run.err and 'down\tplain\ttime set\n' in run.out and mtime(bea) == 5000, run
    os.utime(bea.path('plain'), (6000, 6000)), bea.run(), ann.run()
    assert mtime(ann) == 6000 and ann.run('-v').err.count('> ') == bea.run('-v').err.count('> ') == 1
    # Changed on both sides it is no conflict: the server's stands.  With a mode from the other side both arrive, in one run.
    os.utime(ann.path('plain'), (7000, 7000)), os.utime(bea.path('plain'), (8000, 8000)), ann.run()
    run = bea.run()
    assert 'down\tplain\ttime set\n' in run.out and mtime(bea) == mtime(ann) == 7000 and not bea.copies()
    os.utime(ann.path('plain'), (9000, 9000)), os.chmod(bea.path('plain'), 0o640), ann.run()
    run = bea.run('-v')
    assert run.err.count('> PROPPATCH') == 1 and mtime(bea) == 9000 and mode(bea, 'plain') == 0o640, run
    ann.run()
    assert mode(ann, 'plain') & 0o111 == 0 and mtime(ann) == 9000
    # Against an edit it is no conflict, either: the edit arrives with its time.
    os.utime(ann.path('plain'), (9500, 9500)), ann.run(), bea.write('plain', 'edited'), os.utime(bea.path('plain'), (9600, 9600)), bea.run(), ann.run()
    assert ann.read('plain') == 'edited' and mtime(ann) == mtime(bea) == 9600 and not bea.copies()
    # A time to come is not told by a server: it stays here, and nothing goes to and fro.
    os.utime(ann.path('plain'), (4000000000, 4000000000)), ann.run(), bea.run(), ann.run(), bea.run()
    assert mtime(ann) == 4000000000 and ann.run('-v').err.count('> ') == bea.run('-v').err.count('> ') == 1
    os.utime(ann.path('plain'), (9700, 9700)), ann.run(), bea.run()
    assert mtime(bea) == 9700
    # Another content with the same time: an edit like any other.
    ann.write('plain', 'EDITED'), os.utime(ann.path('plain'), (9700, 9700)), ann.run(), bea.run()
    assert bea.read('plain') == 'EDITED' and mtime(bea) == 9700
    assert ann.run('-v').err.count('> ') == bea.run('-v').err.count('> ') == 1
    # A file that nobody may write to here is replaced all the same, with its mode.
    os.chmod(bea.path('plain'), 0o444), bea.run(), ann.run()
    ann.write('plain', 'new'), ann.run(), bea.run()
    assert bea.read('plain') == 'new' and mode(bea, 'plain') == 0o444


dav.run(main)
