"""Bytes that two parsers could read differently: refused with the connection, or framed; a hidden request never runs.

Each attack hides `PUT /canary-N` with a good token in the bytes that are in doubt.  Afterwards the canary must not be there,
and what comes back on the connection must be what one strict reading gives (threats 1-11)."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

AUTH = f'Authorization: Bearer {os.environ.get("SYNC_TOKEN")}\r\n'.encode()
count = 0


def hidden():
    """A request that nobody may run."""
    global count
    count += 1
    return b'PUT /canary-%d HTTP/1.1\r\nHost: h\r\n%sContent-Length: 1\r\n\r\nx' % (count, AUTH)


def answers(raw, want=10):
    """All statuses that come until the server closes or says no more, and whether it closed."""
    c = Connection(timeout=1.5)
    got = []
    try:
        c.send(raw)
        while len(got) < want:
            got.append(c.answer().status)
        return got, False
    except (EOFError, ConnectionResetError, BrokenPipeError, ssl.SSLError):
        return got, True
    except TimeoutError:
        return got, False
    finally:
        c.close()


def no_canary(about):
    equal(ask('GET', f'/canary-{count}').status, 404, 'a hidden request ran', about)


def head(fields, start=b'PUT /v HTTP/1.1', host=b'Host: h\r\n'):
    return start + b'\r\n' + host + AUTH + fields + b'\r\n'


REFUSED = [  # fields of a PUT: one 4xx or 5xx, the connection closed, nothing stored
    b'Content-Length: %d\r\nTransfer-Encoding: chunked\r\n',
    b'Transfer-Encoding: chunked\r\nContent-Length: %d\r\n',
    b'Content-Length: 0\r\nContent-Length: %d\r\n',
    b'Content-Length: %d\r\nContent-Length: %d\r\n',
    b'Content-Length: %d, %d\r\n', b'Content-Length: +%d\r\n', b'Content-Length: -1\r\n', b'Content-Length: 0x10\r\n',
    b'Content-Length: 1 0\r\n', b'Content-Length:\r\n', b'Content-Length: 5\x00\r\n', b'Content-Length: 5a\r\n',
    b'Content-Length: 18446744073709551617\r\n', b'Content-Length: 9223372036854775808\r\n', b'Content-Length: "0"\r\n',
    b'Content-Length: 1_0\r\n', b'Content-Length: 0.0\r\n', b'Content-Length: \xd9\xa1\r\n', b'Content-Length: 0;x\r\n',
    b'Content-Length : 0\r\n', b'Content-Length\t: 0\r\n', b' Content-Length: 0\r\n', b'Content-Length: 0\r\n \r\n',
    b'Content-Length\x00: 0\r\n', b'Content-Length\x0b: 0\r\n', b'Content-Length: \x0b0\r\n', b'Content-Length: 0\x0c\r\n',
    b'X: y\r\n Content-Length: 5\r\n', b'X: y\r\n\tContent-Length: 5\r\n', b'X: a\rContent-Length: 5\r\n',
    b'X: a\nContent-Length: 5\r\n', b'X: a\n\r\n', b'Content-Length: 0\n', b': 0\r\n', b'\r X: y\r\n', b'X\r\n', b'X y: z\r\n',
    b'X(y): z\r\n', b'X"y: z\r\n', b'X\xe4: z\r\n', b'X: \x7f\r\n', b'X: \x01\r\n', b'X: \x00\r\n',
    b'Transfer-Encoding: identity\r\n', b'Transfer-Encoding: gzip, chunked\r\n', b'Transfer-Encoding: chunked, identity\r\n',
    b'Transfer-Encoding: chunked, chunked\r\n', b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    b'Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n', b'Transfer-Encoding: ,chunked\r\n',
    b'Transfer-Encoding: chunked,\r\n', b'Transfer-Encoding: xchunked\r\n', b'Transfer-Encoding: chunked;q=1\r\n',
    b'Transfer-Encoding: "chunked"\r\n', b'Transfer-Encoding: \x0bchunked\r\n', b'Transfer-Encoding: chunked\x0b\r\n',
    b'Transfer-Encoding: \x00chunked\r\n', b'Transfer-Encoding : chunked\r\n', b'Transfer-Encoding:\r\n',
    b'Transfer-Encoding:\r\n chunked\r\n', b'Transfer-Encoding\r\n: chunked\r\n', b'Transfer-Encoding: chu\r\n nked\r\n',
    b'Host: other\r\n', b'Expect: 100-continue, x\r\n', b'Expect: 100-continu\r\n', b'Expect: \r\n',
]
STARTS = [  # request lines
    b'PUT /v HTTP/1.1 ', b'PUT  /v HTTP/1.1', b'PUT /v  HTTP/1.1', b'PUT\t/v HTTP/1.1', b' PUT /v HTTP/1.1', b'PUT /v\tHTTP/1.1',
    b'PUT /v HTTP/1.1\x00', b'PUT /v HTTP/1.2', b'PUT /v HTTP/2.0', b'PUT /v HTTP/0.9', b'PUT /v HTTP/1', b'PUT /v HTTP/01.1',
    b'PUT /v http/1.1', b'PUT /v HTTP/1.10', b'PUT /v HTTP/1,1', b'PUT /v HTTP/+1.1', b'PUT /v HTTP /1.1', b'PUT /v', b'PUT', b'PUT /v a HTTP/1.1',
    b'PUT v HTTP/1.1', b'PUT * HTTP/1.1', b'PUT ?a HTTP/1.1', b'PUT ftp://h/v HTTP/1.1', b'PUT http:///v HTTP/1.1', b'PUT http://u@h/v HTTP/1.1',
    b'PUT /v#f HTTP/1.1', b'PUT /v\x00 HTTP/1.1', b'PUT /v\r HTTP/1.1', b'P\x00T /v HTTP/1.1', b'P(T /v HTTP/1.1', b'PUT:/v HTTP/1.1',
    b'PUT /\x7f HTTP/1.1', b'PUT h:1 HTTP/1.1', b'CONNECT /v HTTP/1.1', b'CONNECT h:x HTTP/1.1', b'OPTIONS ** HTTP/1.1', b'PRI * HTTP/2.0',
]
HOSTS = [b'', b'Host: a\r\nHost: a\r\n', b'Host: \r\n', b'Host: a b\r\n', b'Host: a/b\r\n', b'Host: u@a\r\n', b'Host: a:b\r\n', b'Host: a:1:2\r\n',
         b'Host: [::1\r\n', b'Host: [::1]x\r\n', b'Host: a,b\r\n', b'Host: a\\b\r\n', b'Host: \xe4\r\n', b'Host: a:123456\r\n', b'Host: []\r\n', b'Host: a#b\r\n', b'Host: a?b\r\n']
CHUNKS = [  # bodies of a chunked PUT that break the rules: 400 and closed
    b'5 \r\nhello\r\n0\r\n\r\n', b' 5\r\nhello\r\n0\r\n\r\n', b'+5\r\nhello\r\n0\r\n\r\n', b'-5\r\nhello\r\n0\r\n\r\n', b'0x5\r\nhello\r\n0\r\n\r\n',
    b'5\nhello\r\n0\r\n\r\n', b'5\r\nhello\n0\r\n\r\n', b'5\r\nhello\r\n0\n\r\n', b'5\r\nhello\r\n0\r\n\n', b'5\r\nhello0\r\n\r\n',
    b'5\r\nhelloXX0\r\n\r\n', b'5\rhello\r\n0\r\n\r\n', b'\r\nhello\r\n0\r\n\r\n', b'g\r\n', b'5\t\r\nhello\r\n0\r\n\r\n', b'5;a\nhello\r\n0\r\n\r\n', b'5;a=\x00\r\nhello\r\n0\r\n\r\n',
    b'ffffffffffffffff\r\n', b'10000000000000005\r\nhello\r\n0\r\n\r\n', b'5;' + b'a' * 20000 + b'\r\nhello\r\n0\r\n\r\n', b'0' * 20000 + b'5\r\nhello\r\n0\r\n\r\n',
    b'0\r\nbad trailer\r\n\r\n', b'0\r\nX : y\r\n\r\n', b'0\r\n: y\r\n\r\n', b'0\r\nX: y\n\r\n', b'0\r\nX: y\r\n folded\r\n\r\n', b'0\r\nX: ' + b'y' * 40000 + b'\r\n\r\n', b'0\r\nX: \x00\r\n\r\n',
    b'0\r\n\rX', b'5\r\n\x00\x00\x00\x00\x00\r\r\n0\r\n\r\n', b'5 ;a\r\nhello\r\n0\r\n\r\n', b'5,5\r\nhello\r\n0\r\n\r\n',
]


def refused():
    for fields in REFUSED:
        inner = hidden()
        raw = head(fields.replace(b'%d', b'%d' % (len(inner) + 5))) + b'0\r\n\r\n' + inner
        got, closed = answers(raw)
        check(len(got) == 1 and 400 <= got[0] < 600 and closed, fields, got, closed)
        no_canary(fields)
    for start in STARTS:
        got, closed = answers(head(b'Content-Length: 0\r\n', start) + hidden())
        check(len(got) == 1 and 400 <= got[0] < 600 and closed, start, got, closed)
        no_canary(start)
    for host in HOSTS:
        got, closed = answers(head(b'Content-Length: 0\r\n', host=host) + hidden())
        check(got == [400] and closed, host, got, closed)
        no_canary(host)
    for chunks in CHUNKS:
        got, closed = answers(head(b'Transfer-Encoding: chunked\r\n') + chunks + hidden())
        check(got == [400] and closed, chunks[:40], got, closed)
        no_canary(chunks[:40])
    got, closed = answers(head(b'Transfer-Encoding: chunked\r\n', b'PUT /v HTTP/1.0') + b'0\r\n\r\n' + hidden())
    check(got == [400] and closed, 'HTTP/1.0 has no chunks', got)
    no_canary('1.0')
    equal(ask('GET', '/v').status, 404)


def framed():
    """A body is a body, whatever the method, the answer and the time it comes: the request after it is the next one."""
    after = b'GET /.sync/healthz HTTP/1.1\r\nHost: h\r\n\r\n'
    for start, status in ((b'GET /none HTTP/1.1', 404), (b'HEAD /none HTTP/1.1', 404), (b'DELETE /none HTTP/1.1', 404), (b'OPTIONS / HTTP/1.1', 200),
                          (b'BREW / HTTP/1.1', 501), (b'TRACE / HTTP/1.1', 405), (b'PROPFIND / HTTP/1.1', 400), (b'REPORT / HTTP/1.1', 400), (b'LOCK /v HTTP/1.1', 400), (b'COPY /none HTTP/1.1', 404), (b'MKCOL /m HTTP/1.1', 415),
                          (b'POST /.sync/healthz HTTP/1.1', 405), (b'GET /.sync/healthz HTTP/1.1', 200), (b'POST /.sync/login HTTP/1.1', 401),
                          (b'PUT /no/v HTTP/1.1', 409), (b'PUT /.sync/v HTTP/1.1', 403), (b'GET /%zz HTTP/1.1', 400), (b'GET /../v HTTP/1.1', 400)):
        for chunked in (False, True):
            inner = hidden()
            fields = b'Transfer-Encoding: chunked\r\n' if chunked else b'Content-Length: %d\r\n' % len(inner)
            raw = head(fields, start) + (b'%x\r\n%s\r\n0\r\nX: y\r\n\r\n' % (len(inner), inner) if chunked else inner)
            c = Connection(timeout=5)
            c.send(raw + after)
            equal(c.answer(start.split()[0].decode()).status, status, start, chunked)
            equal(c.answer().status, 200, start, chunked)
            c.close()
            no_canary((start, chunked))
    # CONNECT opens no tunnel and ends the connection.
    got, closed = answers(head(b'', b'CONNECT h:443 HTTP/1.1') + hidden())
    check(got == [405] and closed, got, closed)
    no_canary('CONNECT')
    # A refused 100-continue: what follows is body or request, nobody can know: closed.
    inner = hidden()
    got, closed = answers(head(b'Expect: 100-continue\r\nContent-Length: %d\r\n' % len(inner), b'PUT /no/v HTTP/1.1'))
    check(got == [409] and closed, got, closed)
    # The body at once with the expectation: framed.
    got, closed = answers(head(b'Expect: 100-continue\r\nContent-Length: %d\r\n' % len(inner), b'PUT /no/v HTTP/1.1') + inner + after, 2)
    check(got == [409, 200] or (got == [409] and closed), got, closed)
    no_canary('Expect')
    # Good chunking in every legal dress.
    for body in (b'5\r\nhello\r\n0\r\n\r\n', b'05\r\nhello\r\n000\r\n\r\n', b'5;a=b;c="d"\r\nhello\r\n0;x\r\nA: b\r\nC:\r\n\r\n', b'1\r\nh\r\n4\r\nello\r\n0\r\n\r\n'):
        c = Connection(timeout=5)
        c.send(head(b'Transfer-Encoding: Chunked\r\n', b'PUT /ok HTTP/1.1') + body + after)
        check(c.answer().status in (201, 204), body)
        equal(c.answer().status, 200, body)
        c.close()
        equal(ask('GET', '/ok').body, b'hello')
    # A trailer is not a header: it changes nothing.
    c = Connection(timeout=5)
    c.send(head(b'Transfer-Encoding: chunked\r\n', b'PUT /ok HTTP/1.1') + b'0\r\nContent-Length: 5\r\nHost: x\r\nIf-Match: "x"\r\n\r\n' + after)
    equal((c.answer().status, c.answer().status), (204, 200))


def main():
    equal(ask('PUT', '/f', b'x').status, 201)
    refused()
    framed()
    count_now = [line for line in ask('GET', '/').body.decode().split('\n') if 'canary' in line]
    equal(count_now, [])


run_both(main)
