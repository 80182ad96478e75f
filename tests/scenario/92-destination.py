"""Destination and the tags of If: whose URL is ours, and what no URL may lead to."""
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *


def move(destination, path='/f', **fields):
    return ask('MOVE', path, None, Destination=destination, **fields).status


def main():
    host = 'localhost'  # what the tests' client says in Host
    ask('PUT', '/f', b'x')
    # Ours: a path, our Host by any scheme and port, the address that the administrator gave out.
    for i, destination in enumerate(('/d0', f'https://{host}/d1', f'http://{host}/d2', 'https://files.example.org/d3', 'http://files.example.org:8443/d4')):
        equal(move(destination, '/f' if i == 0 else f'/d{i - 1}'), 201, destination)
    equal(move('/f', '/d4'), 201)
    # Somebody else's, or nobody's.
    for destination in ('https://other.example/x', 'https://files.example.org.evil/x', 'https://files.example.org@evil/x'):
        check(move(destination) in (400, 502), destination)
    for destination in ('', 'x', 'ftp://files.example.org/x', '/../x', '/a/../x', '/%2e%2e/x', '/a%2fb', '/a%00', '/x#y', '/x y', 'https:///x', '//evil/x/..', '/%zz'):
        equal(move(destination), 400, destination)
    check(ask('MOVE', '/f').status == 400, 'none at all')
    for destination in ('/', '/.sync/x', '/.sync'):
        equal(move(destination), 403, destination)
    equal(move('/none/x'), 409)
    equal(move('/' + 'n' * 256), 414)
    equal(move('/f'), 403)
    equal(ask('GET', '/f').body, b'x')
    # A tag that is elsewhere names nothing here: its lists do not hold.
    tag = etag(b'x')
    for where, status in (('/f', 204), ('https://files.example.org/f', 204), ('https://other.example/f', 412), ('/none', 412)):
        equal(ask('PUT', '/f', b'x', If=f'<{where}> ([{tag}])').status, status, where)


with open('conf', 'w') as f:
    f.write('public-url = https://files.example.org/\n')
run(main, '--config', 'conf')
