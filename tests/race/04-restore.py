"""Restores against each other and against writers: one winner of an If-Match, and a folder is never restored in part."""
import os, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *
from multistatus import *
from race import *

RESTORERS, FILES = 12, 40


def state(path):
    r = propfind_one(path + '?at=2200-01-01', prop('checked-in'))
    return r.found[name('checked-in')][0].text


def main():
    equal(ask('MKCOL', '/d').status, 201)
    states, tags = [], []
    for n in range(2):
        for i in range(FILES):
            check(ask('PUT', f'/d/{i}', b'%d of %d' % (i, n)).status in (201, 204))
        states.append(state('/d/'))
        tags.append(ask('GET', '/d')['etag'])

    # All hold to the folder as it is: one restores, the others are told what is there now.
    for n in range(4):
        wanted, current = n % 2, tags[1 - n % 2]
        answers = race([request('COPY', states[wanted], b'x', Destination='/d/', If_Match=current) for _ in range(RESTORERS)])
        expect_one(answers, 204)
        equal({a['etag'] for a in answers}, {tags[wanted]})
        equal(ask('GET', '/d')['etag'], tags[wanted])

    # Without a condition, and files change all the while: what a restore says it made is whole, or it says that it did nothing.
    stop, failed, seen = threading.Event(), [], []

    def write():
        line, i = Connection(), 0
        while not stop.is_set():
            a = line.ask('PUT', f'/d/{i % FILES}', os.urandom(8))
            i += 1
            if a.status not in (201, 204):
                failed.append(a)
            time.sleep(0.01)

    def look():
        line = Connection()
        while not stop.is_set():
            seen.append(line.ask('GET', '/d').body.count(b'\n'))

    others = [threading.Thread(target=f) for f in (write, look)]
    for t in others:
        t.start()
    line, done = Connection(), 0
    for n in range(60):
        a = line.ask('COPY', states[n % 2], Destination='/d/')
        check(a.status in (204, 503), a)
        done += a.status == 204
    stop.set()
    for t in others:
        t.join()
    check(not failed, failed)
    check(done > 0, 'some restores found a quiet moment')
    equal(set(seen), {FILES}, 'nobody saw a folder with some of its files')
    equal(ask('COPY', states[0], Destination='/d/').status, 204)
    equal(ask('GET', '/d')['etag'], tags[0])


run(main)
