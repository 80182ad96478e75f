"""Revoked is revoked: on every connection from the next request on, under load, and for the change that was under way."""
import os, subprocess, sys, threading, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', '')


def syncd(*args):
    return subprocess.run(['syncd', *args, '--store', STORE], check=True, capture_output=True, text=True).stdout.strip()


def id_of(token):
    return hashlib.sha256(token.encode()).hexdigest()[:8]


class Client(threading.Thread):
    """Asks without end on one kept connection; notes when each request began and what came of it."""
    def __init__(self, token, number, stop):
        super().__init__()
        self.token, self.path, self.stop, self.seen, self.error = token, f'/load{number}', stop, [], None

    def run(self):
        try:
            line, n = Connection(), 0
            while not self.stop.is_set():
                began, n = time.monotonic(), n + 1
                if n % 4:
                    answer = line.ask('GET', '/', token=self.token)
                else:
                    answer = line.ask('PUT', self.path, b'%d' % n, token=self.token)
                self.seen.append((began, answer.status))
        except Exception as e:
            self.error = e


def under_load():
    revoked, kept = new_token(), new_token()
    stop = threading.Event()
    clients = [Client(revoked if i % 2 else kept, i, stop) for i in range(8)]
    for c in clients:
        c.start()
    until = time.monotonic() + 20
    while any(len(c.seen) < 40 for c in clients):
        check(time.monotonic() < until, 'no load')
        time.sleep(0.02)
    syncd('token', 'rm', id_of(revoked))
    at = time.monotonic() # what begins after this is too late
    counts = [len(c.seen) for c in clients]
    while any(len(c.seen) < n + 40 for c, n in zip(clients, counts)):
        check(time.monotonic() < until, 'the load ended')
        time.sleep(0.02)
    stop.set()
    for c in clients:
        c.join()
        equal(c.error, None)
        good = {200, 201, 204}
        if c.token == kept:
            check({s for _, s in c.seen} <= good, {s for _, s in c.seen})
        else:
            equal({s for t, s in c.seen if t > at}, {401})
            statuses = [s for _, s in c.seen]
            first = statuses.index(401)
            check(set(statuses[:first]) <= good and set(statuses[first:]) == {401}, 'never good again')


def half_a_put(path, token, body):
    line = Connection()
    line.send(b'PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n' % (path.encode(), token.encode(), len(body)) + body[:1000])
    return line


def under_way():
    """The right counts at the moment of the change, however long ago the request began."""
    for size in (5000, 3_000_000):
        body = b'x' * size
        token, less, stays = new_token(), None, new_token()
        line, other = half_a_put('/late', token, body), half_a_put('/fine', stays, body)
        time.sleep(0.1)
        syncd('token', 'rm', id_of(token))
        line.send(body[1000:])
        answer = line.answer('PUT')
        equal(answer.status, 401)
        check('Bearer' in answer['www-authenticate'], answer)
        equal(ask('GET', '/late').status, 404)
        equal(line.ask('GET', '/', token=stays).status, 200, 'the connection is as good as before')
        other.send(body[1000:])
        check(other.answer('PUT').status in (201, 204))

    syncd('user', 'add', 'bea', '--rights', 'write:/')
    token, body = syncd('token', 'add', 'bea'), b'x' * 5000
    for rights, status in (('read:/', 403), ('write:/elsewhere', 403), ('write:/bea', 201)):
        syncd('user', 'rights', 'bea', '--rights', 'write:/')
        line = half_a_put('/bea', token, body)
        time.sleep(0.1)
        syncd('user', 'rights', 'bea', '--rights', rights)
        line.send(body[1000:])
        equal(line.answer('PUT').status, status, rights)
    syncd('user', 'rights', 'bea', '--rights', 'write:/')
    line = half_a_put('/bea', token, body)
    time.sleep(0.1)
    syncd('user', 'rm', 'bea')
    line.send(body[1000:])
    equal(line.answer('PUT').status, 401)


def main():
    under_load()
    under_way()


run(main)
