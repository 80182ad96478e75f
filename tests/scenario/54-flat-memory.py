"""A large body costs the server what a small one costs, each way, over TLS, with and without a length."""
import os, re, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

SIZE, RUN = 192 << 20, 1 << 20
LIMIT_KIB = 48 << 10  # of the peak, so far under SIZE that buffering it anywhere shows


def peak_kib():
    return int(re.search(r'VmHWM:\s+(\d+)', open(f'/proc/{server_pid()}/status').read()).group(1))


def put(path, chunked):
    c, h = Connection(), hashlib.sha256()
    fields = {'Transfer_Encoding': 'chunked'} if chunked else {'Content_Length': str(SIZE)}
    c.send(request('PUT', path, None, **fields))
    for i in range(SIZE // RUN):
        run_bytes = i.to_bytes(8, 'big') * (RUN // 8)
        h.update(run_bytes)
        c.send(b'%x\r\n%s\r\n' % (RUN, run_bytes) if chunked else run_bytes)
    if chunked:
        c.send(b'0\r\n\r\n')
    a = c.answer()
    equal((a.status, a['etag']), (201, '"' + h.hexdigest() + '"'))
    return a['etag']


def get(path, tag):
    c, h, left = Connection(), hashlib.sha256(), SIZE
    c.send(request('GET', path))
    while b'\r\n\r\n' not in c.seen:
        c.more()
    head, rest = bytes(c.seen).split(b'\r\n\r\n', 1)
    check(b'HTTP/1.1 200' in head and f'content-length: {SIZE}'.encode() in head.lower(), head)
    while True:
        h.update(rest)
        left -= len(rest)
        if not left or not (rest := c.sock.recv(RUN)):
            break
    equal((left, '"' + h.hexdigest() + '"'), (0, tag))


def main():
    for path, chunked in (('/a', False), ('/b', True)):
        get(path, put(path, chunked))
    if 'asan' not in os.environ['BUILD'] and 'tsan' not in os.environ['BUILD']:
        check(peak_kib() < LIMIT_KIB, f'{peak_kib()} KiB at its peak')


run(main)
