"""The journal answers who changed what, from which content to which; --verify finds the change that was tampered with."""
import os, sqlite3, subprocess, sys, time
sys.path.insert(0, os.environ['TOP'] + '/tests/lib')
from dav import *

STORE = os.environ.get('SYNC_STORE', 'store')


def syncd(*args, status=0):
    p = subprocess.run(['syncd', *args, '--store', STORE], capture_output=True, text=True)
    equal(p.returncode, status, p.stdout, p.stderr)
    return p.stdout


def journal(*args):
    return [json.loads(line) for line in syncd('journal', *args, '--json').splitlines()]


def sha(body):
    return hashlib.sha256(body).hexdigest()


def changes():
    other = subprocess.run(['syncd', 'user', 'add', 'bea', '--rights', 'write:/d', '--store', STORE], check=True)
    bea = subprocess.run(['syncd', 'token', 'add', 'bea', '--label', 'bea@desk', '--store', STORE], check=True,
                         capture_output=True, text=True).stdout.strip()
    equal(ask('MKCOL', '/d').status, 201)
    equal(ask('PUT', '/d/f', b'one').status, 201)
    equal(ask('PUT', '/d/f', b'two', token=bea).status, 204)
    equal(ask('MOVE', '/d/f', Destination='/d/g').status, 201)
    equal(ask('PUT', '/%C3%A9%20x', b'three').status, 201)
    equal(ask('DELETE', '/d/g', token=bea).status, 204)
    equal(ask('COPY', '/%C3%A9%20x', Destination='/copy').status, 201)


def look():
    rows = journal()
    equal([r['number'] for r in rows], list(range(1, 8)))
    equal([r['op'] for r in rows], ['mkcol', 'put', 'put', 'move', 'put', 'delete', 'copy'])
    put = rows[2]
    equal((put['user'], put['client'], put['path'], put['before'], put['after']), ('bea', 'bea@desk', '/d/f', sha(b'one'), sha(b'two')))
    equal([rows[i]['path'] for i in (1, 2, 3, 5)], ['/d/f', '/d/f', '/d/g', '/d/g'])
    equal(rows[3]['from'], '/d/f')
    equal((rows[4]['path'], rows[4]['before']), ('/é x', None))
    equal((rows[5]['before'], rows[5]['after']), (sha(b'two'), None))
    equal([r['number'] for r in journal('--since', '5')], [6, 7])
    equal([r['number'] for r in journal('--user', 'bea')], [3, 6])
    equal([r['number'] for r in journal('--path', '/d/')], [1, 2, 3, 4, 6])
    equal([r['number'] for r in journal('--path', '/d/f')], [2, 3, 4])
    equal([r['number'] for r in journal('--path', '/d', '--user', 'bea', '--since', '3')], [6])
    equal(len(journal('--since', '1h')), 7)
    equal(journal('--since', time.strftime('%Y-%m-%dT%H:%M', time.gmtime(time.time() + 3600))), [])
    equal(journal('--user', 'nobody'), [])
    text = syncd('journal').splitlines()
    equal(len(text), 7)
    check('/d/f -> /d/g' in text[3] and 'bea@desk' in text[2] and sha(b'two')[:8] in text[2], text)
    for wrong in (['--since', 'soon'], ['--path', 'd'], ['--verify', '--user', 'x']):
        syncd('journal', *wrong, status=2)
    v = json.loads(syncd('journal', '--verify', '--json'))
    equal((v['result'], v['number']), ('whole', 7))
    check('whole from change 1 to 7' in syncd('journal', '--verify'))


def many():
    """More than one piece of the answer, read while changes come."""
    line = Connection()
    for i in range(1500):
        check(line.ask('PUT', f'/d/{i % 7}', b'%d' % i).status in (201, 204))
    numbers = [r['number'] for r in journal()]
    equal(numbers, list(range(1, 1508)))


def main():
    changes()
    look()
    many()


if os.environ.get('INSIDE') == '1':
    main()
    sys.exit(0)
status = start('store')
if not status:
    equal(len(journal()), 1507)
    equal(len(journal('--path', '/d', '--user', 'bea')), 2)
    db = sqlite3.connect('store/db')
    good = db.execute('SELECT author FROM journal WHERE seq = 900').fetchone()
    db.execute("UPDATE journal SET author = 'mallory' WHERE seq = 900")
    db.commit()
    equal(json.loads(syncd('journal', '--verify', '--json', status=1)), {'result': 'broken', 'number': 900})
    check('BROKEN at change 900' in syncd('journal', '--verify', status=1))
    db.execute('UPDATE journal SET author = ? WHERE seq = 900', good)
    db.execute('DELETE FROM journal WHERE seq = 1507')  # the last ones cut off
    db.commit()
    equal(json.loads(syncd('journal', '--verify', '--json', status=1))['result'], 'broken')
    db.close()
    equal(subprocess.run(['syncd', 'journal', '--store', 'nowhere'], capture_output=True).returncode, 1)
sys.exit(status)
