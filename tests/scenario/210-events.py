"""watch hears of a change from the server, without asking; and goes on when the server was away (the stream itself: 127)."""
import os, signal, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/lib'))
import dav
from dav import Connection, check, equal
from syncing import *


def main():
    line = Connection()
    check('events' in line.ask('OPTIONS', '/')['sync-features'], 'announced')
    # watch hears of it: a change of a third one is here long before the server would be asked again.
    sync('mkdir', 'docs', env=environment(**{k: os.environ[k] for k in ('SYNC_URL', 'SYNC_TOKEN', 'SYNC_PIN')}))
    ann = Machine('ann')
    watch = subprocess.Popen([CLIENT, 'watch', '-v', 'ann'], env=ann.env, stdout=subprocess.DEVNULL, stderr=open('watch.err', 'w'))
    try:
        until = time.monotonic() + 60
        while 'events' not in read('watch.err').decode():
            check(time.monotonic() < until, 'it asks for events'), time.sleep(0.05)
        for n in range(3):
            time.sleep(0.5)
            began = time.monotonic()
            equal(line.ask('PUT', f'/docs/{n}', b'from afar').status, 201)
            while not os.path.exists(f'ann/{n}'):
                check(time.monotonic() - began < 60, 'it came'), time.sleep(0.005)
            print(f'{time.monotonic() - began:.3f} s')
    finally:
        watch.send_signal(signal.SIGINT)
        equal(watch.wait(timeout=60), 0)


dav.run(main)
