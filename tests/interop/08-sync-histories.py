"""Two machines through one Apache, then one nginx: random work on both, runs at the same time, some killed -9; afterwards nothing that
somebody wrote and nobody overwrote or deleted is lost, and all have the same.  SYNC_SEED=N: another history; SYNC_SERVERS: others."""
import os, random, subprocess, sys, time
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from foreign import *
from syncing import *


def history(kind, seed):
    rng = random.Random(seed)
    server = Foreign(kind)
    machines = [Machine(name, '/', {'SYNC_URL': server.url}) for name in ('ann', 'bea')]
    written, gone, number = {}, set(), 0
    for _ in range(8):
        for m in machines:
            for _ in range(rng.randrange(4)):
                name = f'{rng.choice(["", "d/", "e/"])}{rng.choice("abc")}'
                tree = m.tree()
                if name in tree:  # what somebody saw and replaced or removed is not missed
                    gone.add(tree[name])
                if name in tree and rng.random() < 0.3:
                    m.remove(name)
                elif not any(p in tree and tree[p] is not None for p in [name.split('/')[0]] if '/' in name):
                    number += 1
                    written[f'content {number} of {m.name}'] = name
                    m.write(name, f'content {number} of {m.name}')
        clients = [subprocess.Popen([CLIENT, 'run', m.name], env=m.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                   for m in rng.sample(machines, rng.choice([1, 2, 2]))]
        if rng.random() < 0.4:
            time.sleep(rng.random() * 0.3)
            rng.choice(clients).kill()
        for client in clients:
            assert client.wait(timeout=120) in (0, 1, 3, 6, 8, -9), client.returncode
    for _ in range(60):  # locks that a killed client left run out by themselves
        runs = [m.run(want=None) for m in machines]
        trees = [m.tree() for m in machines] + [server.tree()]
        if all(t == trees[0] for t in trees) and all(r.code in (0, 3) and ' 0 down' in r.out and '0 up' in r.out for r in runs):
            break
        time.sleep(0.5)
    else:
        raise AssertionError(f'no end: {runs} {trees}'[:6000])
    missing = set(written) - gone - set(trees[0].values())
    assert not missing, f'{kind} {seed}: lost {missing}: {trees[0]}'
    server.stop()
    return len(written), len(machines[0].copies())


for kind in os.environ.get('SYNC_SERVERS', 'apache nginx').split():
    os.mkdir(kind), os.chmod(kind, 0o755), os.chdir(kind)
    print(kind, history(kind, int(os.environ.get('SYNC_SEED', 1))), flush=True)
    os.chdir('..')
