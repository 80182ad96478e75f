"""watch where the kernel watches no more, or lost what it had to tell: it is said, and nothing is missed for long."""
import atexit, os, signal, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from syncing import *


def until(holds, what, seconds=100):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def start(machine, *before):
    p = subprocess.Popen([*before, CLIENT, 'watch', '-q', machine.name], env=machine.env, stderr=open(machine.name + '.err', 'w'))
    atexit.register(p.kill)
    return p


def limited(limit, value):
    """What begins a command in a user namespace with that limit of its own."""
    script = f'echo {value} > /proc/sys/user/{limit} && exec "$@"'
    command = ['unshare', '-U', '-r', 'sh', '-c', script, 'sh']
    return command if subprocess.run([*command, 'true'], stderr=subprocess.DEVNULL).returncode == 0 else None


def main():
    where = {k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}
    sync('mkdir', 'docs', env=environment(**where))
    ann, bea = Machine('ann'), Machine('bea')
    for n in range(8):
        ann.write(f'd{n}/deep/f', '1')
    ann.run(), bea.run()
    for limit, value in (('max_inotify_watches', 5), ('max_inotify_instances', 0)):
        if not (before := limited(limit, value)):
            print('no user namespaces')
            continue
        watch = start(ann, *before)
        until(lambda: 'max_user_watches' in open('ann.err').read(), 'it says that not all is watched')
        time.sleep(1)
        ann.write('d7/deep/f', limit), bea.write('from', limit), bea.run()
        until(lambda: os.path.exists(ann.path('from')) and ann.read('from') == limit, 'from the server')
        until(lambda: ann.sync('cat', '/docs/d7/deep/f').out == limit, 'from a folder that is not watched')
        assert open('ann.err').read().count('max_user_watches') == 1
        watch.send_signal(signal.SIGINT)
        assert watch.wait(timeout=60) == 0
        bea.run()
    # More than the queue holds while it is stopped: everything is read.
    watch = start(ann)
    ann.write('first', '1')
    until(lambda: 'first' in ann.sync('ls', '/docs').out, 'it watches')
    watch.send_signal(signal.SIGSTOP)
    most = int(open('/proc/sys/fs/inotify/max_queued_events').read())
    for n in range(most // 2 + 100):
        for name in ('a', 'b'):  # two events each: the kernel merges equal ones
            os.close(os.open(ann.path(f'd0/{name}'), os.O_WRONLY | os.O_CREAT))
    ann.write('d5/deep/late', 'late'), os.makedirs(ann.path('new/folder')), ann.write('new/folder/f', 'n')
    watch.send_signal(signal.SIGCONT)
    until(lambda: 'late' in ann.sync('ls', '/docs/d5/deep').out and ann.sync('stat', '/docs/new/folder/f', want=None).code == 0, 'what it was not told of')
    ann.write('new/folder/g', 'g')
    until(lambda: ann.sync('stat', '/docs/new/folder/g', want=None).code == 0, 'in a folder that came meanwhile')
    watch.send_signal(signal.SIGINT)
    assert watch.wait(timeout=60) == 0 and os.path.getsize('ann.err') == 0, open('ann.err').read()


dav.run(main)
