"""Readers beside writers: every answer is one version, whole, under its own tag, at any speed and range; a listing is one
moment; nobody writes over somebody else's change (threats 44-47)."""
import os, random, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

SECONDS = 4
stop, failed = threading.Event(), []


def guarded(fn):
    def work(*args):
        try:
            fn(*args)
        except BaseException as e:
            failed.append((fn.__name__, args, repr(e)))
            stop.set()
    return work


@guarded
def writer(name, sizes):
    c, i = Connection(), 0
    while not stop.is_set():
        i += 1
        check(c.ask('PUT', name, (b'%d,' % i) * (sizes[i % len(sizes)] // 4)).status in (201, 204))
        if i % 17 == 0:
            equal(c.ask('DELETE', name).status, 204)


@guarded
def reader(name):
    c, seen = Connection(), set()
    while not stop.is_set():
        a = c.ask('GET', name)
        if a.status == 200:
            equal(a['etag'], etag(a.body))
            seen.add(a['etag'])
        else:
            equal(a.status, 404)
    check(len(seen) > 3, len(seen))


@guarded
def slow_reader(name):
    """The file is replaced and removed several times before the last byte is out."""
    while not stop.is_set():
        c = Connection()
        c.send(request('GET', name))
        c.more()
        for _ in range(5):
            if b' 200 ' in c.seen[:20]:  # of 900,000 bytes at least
                time.sleep(0.1)
                c.more()
        a = c.answer()
        check(a.status == 404 or a['etag'] == etag(a.body))
        c.close()


@guarded
def resumer(name):
    """In ranges under If-Range: the parts are of one version, or the whole comes anew."""
    c = Connection()
    while not stop.is_set():
        whole, tag = b'', None
        while not stop.is_set():
            fields = {'Range': f'bytes={len(whole)}-{len(whole) + 99999}'}
            if tag:
                fields['If_Range'] = tag
            a = c.ask('GET', name, **fields)
            if a.status == 206 and (tag is None or a['etag'] == tag):
                whole, tag = whole + a.body, a['etag']
                if len(whole) == int(a['content-range'].split('/')[1]):
                    equal(etag(whole), tag)
                    break
            else:
                check(a.status in (200, 404), a.status, a['etag'], tag)
                check(a.status != 200 or etag(a.body) == a['etag'])
                break


@guarded
def counter(c):
    """A lost update would show in the sum."""
    c, added = Connection(), 0
    while not stop.is_set():
        a = c.ask('GET', '/sum')
        b = c.ask('PUT', '/sum', b'%d' % (int(a.body) + 1), If_Match=a['etag'])
        check(b.status in (204, 412), b)
        if b.status == 412 and b['etag'] == etag(b'%d' % (int(a.body) + 1)):
            continue  # somebody else wrote the same bytes: his, not ours
        added += b.status == 204
    with lock:
        total.append(added)


@guarded
def lister(_):
    c = Connection()
    while not stop.is_set():
        a = c.ask('GET', '/')
        b = c.ask('GET', '/', If_None_Match=a['etag'])
        check(b.status == 304 or b['etag'] != a['etag'])


lock, total = threading.Lock(), []


def main():
    equal(ask('PUT', '/sum', b'0').status, 201)
    jobs = [(writer, ('/small', [40, 4000])), (writer, ('/large', [1500000, 3000000, 900000])), (reader, ('/small',)), (reader, ('/large',)),
            (slow_reader, ('/large',)), (resumer, ('/large',)), (resumer, ('/small',)), (counter, (1,)), (counter, (2,)), (counter, (3,)), (lister, (0,))]
    threads = [threading.Thread(target=fn, args=args) for fn, args in jobs]
    for t in threads:
        t.start()
    stop.wait(SECONDS)
    stop.set()
    for t in threads:
        t.join()
    equal(failed, [])
    equal(int(ask('GET', '/sum').body), sum(total))


run_both(main)
