"""kill -9 at any time, again and again on one store."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

chance, token, sure = random.Random(os.getpid()), None, [{} for _ in range(6)]
for round in range(12):
    server = Server('data')
    token = token or server.token()
    writers = [Writer(server, token, i, [100, 4096, 300_000] if i < 4 else [1_500_000]) for i in range(6)]
    for w, known in zip(writers, sure):
        w.sure = known
        w.start()
    time.sleep(chance.uniform(0.02, 0.4))
    server.kill()
    for w in writers:
        w.join()
    server = Server('data')
    verify(server, token, writers)
    sure = [w.sure for w in writers]
    if round % 4 == 3:
        server.stop()
        inspect('data')
    else:
        server.kill()
