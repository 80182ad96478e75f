"""kill -9 at every step of backup and of restore: a backup is the one before or the new one, a store is the old one or the new one,
each whole, and what was interrupted can be done again."""
import json, os, shutil, sqlite3, subprocess, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/crash')
from store import *

LARGE = [os.urandom(1_500_000), os.urandom(1_200_000)]


def syncd(*args, fault=None, status=0):
    env = {**os.environ, **({'SYNCD_FAULT': fault} if fault else {})}
    p = subprocess.run(['syncd', *args], env=env, capture_output=True, text=True)
    if status is not None:
        equal(p.returncode, status, args, fault, p.stdout, p.stderr)
    return p.returncode


def names(database):
    db = sqlite3.connect(f'file:{database}?mode=ro', uri=True)
    found = db.execute("SELECT name, hash FROM node WHERE kind = 0 ORDER BY name, hash").fetchall()
    db.close()
    return found


def whole(store):
    """Opening finishes what was begun; then everything fits."""
    syncd('fsck', '--store', store)
    check(not os.path.exists(f'{store}/restore'), 'left over')
    inspect(store)
    return names(f'{store}/db')


def put(server, token, files):
    line = Connection(server.url)
    for path, data in files.items():
        check(line.ask('PUT', path, data, token=token).status in (201, 204))


# Two states of one store: the backup's, and what came of it.
server = Server('store')
token = server.token()
put(server, token, {'/a': b'one', '/b': b'x' * 70000, '/large': LARGE[0]})
server.stop()
syncd('backup', 'backup', '--store', 'store')
old_backup = names('backup/database')
server = Server('store')
put(server, token, {'/a': b'two', '/c': b'y' * 5000, '/large': LARGE[1]})
server.stop()
new = names('store/db')
check(new != old_backup)

# ---- backup ----
reached = 0
for point, numbers in {'snapshot': [1], 'carry-copy': [1, 2, 3, 4, 5], 'carry-sync': [1, 2, 3, 4, 5], 'carry-write': [1],
                       'side-folder-sync': [1, 128, 257], 'backup-publish': [1], 'backup-sync': [1]}.items():
    for number in numbers:
        shutil.rmtree('try', ignore_errors=True)
        shutil.copytree('backup', 'try')
        if syncd('backup', 'try', '--store', 'store', fault=f'{point}:{number}:kill', status=None) == 0:
            continue
        reached += 1
        have = names('try/database')
        check(have == (new if point == 'backup-sync' else old_backup), point, number)
        shutil.rmtree('from', ignore_errors=True)
        syncd('restore', 'try', '--store', 'from')
        equal(whole('from'), have, point, number)
        syncd('backup', 'try', '--store', 'store')
        shutil.rmtree('from')
        syncd('restore', 'try', '--store', 'from')
        equal(whole('from'), new)
check(reached >= 12, 'steps of a backup', reached)

# ---- restore, over a store and to an empty place ----
reached = 0
for point, numbers in {'carry-copy': [1, 2, 3, 4], 'carry-sync': [1, 2, 3], 'side-folder-sync': [1, 200, 258], 'restore-ready': [1],
                       'restore-sync': range(1, 8), 'restore-move': range(1, 12), 'restore-clean': [1, 2, 100, 258]}.items():
    for number in numbers:
        for replaces in (True, False):
            shutil.rmtree('try', ignore_errors=True)
            if replaces:
                shutil.copytree('store', 'try')
            if syncd('restore', 'backup', '--replace', '--store', 'try', fault=f'{point}:{number}:kill', status=None) == 0:
                continue
            reached += 1
            if replaces or os.path.exists('try/restore/db') or os.path.exists('try/db'):
                have = whole('try')
                check(have in (new, old_backup) if replaces else have == old_backup, point, number)
                if point in ('restore-move', 'restore-clean'):
                    equal(have, old_backup, point, number)
                if point.startswith('carry'):
                    equal(have, new, point, number)
            syncd('restore', 'backup', '--replace', '--store', 'try')
            equal(whole('try'), old_backup)
check(reached >= 30, 'steps of a restore', reached)

# A store that was killed as well: its WAL is not taken for the new database's.
server = Server('store')
put(server, token, {'/d': b'z'})
server.kill()
os.unlink('store/admin.sock')
check(os.path.getsize('store/db-wal') > 0)

# Killed while it is finished by who opens it: the next one goes on.
for number in range(1, 9):
    shutil.rmtree('try', ignore_errors=True)
    shutil.copytree('store', 'try')
    syncd('restore', 'backup', '--replace', '--store', 'try', fault='restore-move:1:kill', status=-9)
    syncd('status', '--store', 'try', fault=f'restore-move:{number}:kill', status=None)
    syncd('status', '--store', 'try', fault=f'restore-clean:{number}:kill', status=None)
    equal(whole('try'), old_backup)
