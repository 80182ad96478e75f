"""A disk that takes half a second for every sync: changes wait for it, and nothing else does (threat 51)."""
import os, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

WRITERS, LARGE = 24, 3 << 20


def main():
    equal(ask('PUT', '/there', b'x' * 5000).status, 201)
    answers, going = [], threading.Event()

    def write(i):
        body = os.urandom(LARGE if i % 4 == 0 else 100)
        a = ask('PUT', f'/w{i}', body)
        answers.append((a.status, a['etag'] == etag(body)))
    threads = [threading.Thread(target=write, args=(i,)) for i in range(WRITERS)]
    began = time.monotonic()
    for t in threads:
        t.start()
    asked, slowest = 0, 0
    c = Connection()
    while any(t.is_alive() for t in threads) or asked < 20:
        at = time.monotonic()
        equal(c.ask('GET', '/.sync/healthz', token=None).status, 200)
        equal(c.ask('GET', '/there').body, b'x' * 5000)
        equal(c.ask('PROPFIND', '/', Depth='1').status, 207)
        slowest = max(slowest, time.monotonic() - at)
        asked += 1
    check(time.monotonic() - began > 0.5, 'the disk was slow')
    check(asked > 20, 'reads went on meanwhile', asked)
    check(slowest < 3, 'no read waited for the disk', slowest)
    equal(sorted(answers), [(201, True)] * WRITERS)


run(main, env={'SYNCD_FAULT': 'segment-sync:1+:sleep500,object-sync:1+:sleep500'})
