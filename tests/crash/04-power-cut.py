"""Power cuts: an ext4 in a file that writes back only what is synced; the file is copied while the server stands still, the
copy is mounted, and a server started on it.  Everything acknowledged before is there.  Needs root and loop devices."""
import os, signal, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

CUTS = 6


def quiet(*command):
    """Did it work?  If not, `words` says why."""
    global words
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        words = command[0] + ' is not installed'
        return False
    words = done.stderr.strip().replace('\n', '; ')
    return done.returncode == 0


def mount(image, folder):
    os.makedirs(folder, exist_ok=True)
    return quiet('mount', '-o', 'loop,commit=300,noatime', image, folder)


def cut(number):
    global live
    server = live = Server('disk/data')
    token = server.token()
    writers = [Writer(server, token, i, [100, 4096, 100_000] if i < 3 else [1_200_000]) for i in range(4)]
    for w in writers:
        w.sure = known[w.number]
        w.start()
    time.sleep(0.15 + 0.07 * number)
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(0.05)  # the writers read the answers that were sent; then each waits for one
    then = [(dict(w.sure), dict(w.maybe)) for w in writers]
    subprocess.run(['cp', '--sparse=always', 'image', 'copy'], check=True)
    server.process.send_signal(signal.SIGCONT)
    time.sleep(0.05)
    server.kill()
    for w in writers:
        w.join()
    # In the copy, each name has what was acknowledged then, or the one change that was on its way.
    check(mount('copy', 'after'))
    again = Server('after/data')
    try:
        line = Connection(again.url)
        for sure, maybe in then:
            for path, digest in sure.items():
                a = line.ask('GET', path, token=token)
                have = ABSENT if a.status == 404 else hashlib.sha256(a.body).hexdigest()
                check(have in (digest, maybe.get(path, digest)), 'cut', number, path, a.status, have, digest)
        again.stop()
        inspect('after/data')
    finally:
        again.kill()
        quiet('umount', 'after')
    server = live = Server('disk/data')
    verify(server, token, writers)
    server.stop()
    for w in writers:
        known[w.number] = w.sure


if os.geteuid() != 0:
    print('needs root')
    sys.exit(77)
with open('image', 'wb') as f:
    f.truncate(1 << 30)
if not quiet('mkfs.ext4', '-q', 'image') or not mount('image', 'disk'):
    print('an ext4 image cannot be mounted:', words)
    sys.exit(77)
known, live = [{} for _ in range(4)], None
try:
    for number in range(CUTS):
        cut(number)
finally:
    if live:
        live.kill()
    quiet('umount', 'disk')
    for image in ('image', 'copy'):
        os.path.exists(image) and os.remove(image)
