"""Against servers that are not ours: nginx (no ETag on PUT, conditions ignored) and Apache (mtime tags, conditions kept)."""
import os, shutil, socket, subprocess, sys, time, urllib.request
sys.path.insert(0, os.path.join(os.environ['TOP'], 'tests/scenario/lib'))
from mock import *


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit('the server did not start')


def nginx(root, port):
    write('nginx.conf', f'''
daemon off; master_process off; pid {os.getcwd()}/nginx.pid; error_log {os.getcwd()}/nginx.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ client_body_temp_path {os.getcwd()}/body; proxy_temp_path {os.getcwd()}/p; fastcgi_temp_path {os.getcwd()}/fc;
  uwsgi_temp_path {os.getcwd()}/uw; scgi_temp_path {os.getcwd()}/sc; access_log off;
  server {{ listen 127.0.0.1:{port}; root {root}; location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; client_max_body_size 100m; }} }} }}''')
    return subprocess.Popen([shutil.which('nginx') or '/usr/sbin/nginx', '-c', os.path.abspath('nginx.conf'), '-e', os.path.abspath('nginx.log')])


def apache(root, port):
    modules = '/usr/lib/apache2/modules'
    load = '\n'.join(f'LoadModule {m}_module {modules}/mod_{m}.so' for m in ('mpm_event', 'authz_core', 'dav', 'dav_fs', 'dir', 'mime')
                     if os.path.exists(f'{modules}/mod_{m}.so'))
    write('httpd.conf', f'''
ServerRoot {os.getcwd()}
ServerName localhost
PidFile {os.getcwd()}/httpd.pid
Listen 127.0.0.1:{port}
ErrorLog {os.getcwd()}/httpd.log
Mutex file:{os.getcwd()} default
{load}
TypesConfig /etc/mime.types
{"User #%d" % os.getuid() if os.getuid() else "User www-data"}
DocumentRoot {root}
DavLockDB {os.getcwd()}/locks/db
<Directory {root}>
Dav On
Require all granted
</Directory>''')
    os.makedirs('locks', exist_ok=True)
    os.chmod('locks', 0o777), os.chmod(root, 0o777)
    return subprocess.Popen([shutil.which('apache2') or '/usr/sbin/apache2', '-X', '-f', os.path.abspath('httpd.conf')])


def someone_else(url, name, body):
    urllib.request.urlopen(urllib.request.Request(url + name, body, method='PUT')).read()


def check(name, start):
    port = free_port()
    root = os.path.abspath(name + '-root')
    os.makedirs(root), os.chmod('.', 0o755)
    process = start(root, port)
    try:
        wait_for(port)
        url = f'http://127.0.0.1:{port}/'
        env = environment(SYNC_URL=url, XDG_STATE_HOME=os.path.abspath(name + '-state'))
        write('f', 'one')
        run = sync('push', 'f', env=env)
        assert 'created' in run.out and 'no ETag' in run.err or name == 'apache', run
        assert read(root + '/f') == b'one'
        assert 'unchanged' in sync('push', 'f', env=env).out
        time.sleep(1.1)  # their tags are times: two changes within one step are theirs to lose
        write('f', 'two!')
        assert 'saved' in sync('push', 'f', env=env).out and read(root + '/f') == b'two!'
        time.sleep(1.1)
        # Somebody else's change is not overwritten, though the server would let us.
        someone_else(url, 'f', b'somebody else')
        write('f', 'three')
        run = sync('push', 'f', env=env, want=3)
        assert read(root + '/f') == b'somebody else', run
        sync('pull', 'f', env=env, want=3)
        assert 'fetched' in sync('pull', '--force', 'f', env=env).out and read('f') == b'somebody else'
        assert 'up to date' in sync('pull', 'f', env=env).out
        time.sleep(1.1)
        write('f', 'four'), sync('push', 'f', env=env)
        # Never seen: another file of that name stays; the same content counts as seen.
        someone_else(url, 'g', b'theirs')
        write('g', 'mine..')
        sync('push', 'g', env=env, want=3), sync('pull', 'g', env=env, want=3)
        assert read(root + '/g') == b'theirs' and read('g') == b'mine..'
        write('g', 'theirs')
        assert 'unchanged' in sync('push', 'g', env=env).out
        write('g2', 'theirs'), someone_else(url, 'g2', b'theirs')
        assert 'up to date' in sync('pull', 'g2', env=env).out
        # Parents, folders, resumable content, a large file.
        write('tree/a', 'a'), write('tree/s/b', os.urandom(3 << 20)), os.makedirs('tree/none')
        sync('push', '-R', 'tree', env=env)
        assert read(root + '/tree/s/b') == read('tree/s/b') and os.path.isdir(root + '/tree/none')
        os.makedirs('back', exist_ok=True)
        sync('pull', 'tree/s/b', '-o', './back/' + name, env=env)
        assert read('back/' + name) == read('tree/s/b')
        # A folder is asked for by PROPFIND; a server that has none cannot tell: said, not guessed.
        if name == 'apache':
            os.mkdir('into'), sync('pull', '-R', 'tree', '-o', 'into', env=env)
            assert read('into/tree/a') == read('tree/a') and read('into/tree/s/b') == read('tree/s/b') and os.path.isdir('into/tree/none')
            run = sync('pull', '-R', 'tree', '-o', 'into', env=env)
            assert run.out.count('up to date') == 2, run
            someone_else(url, 'tree/s/b', b'changed there')
            sync('pull', '-R', 'tree', '-o', 'into', env=env)
            assert read('into/tree/s/b') == b'changed there'
            sync('pull', '-R', 'tree/a', '-o', 'alone', env=env), sync('pull', '-R', 'none', '-o', 'no', env=env, want=4)
            assert read('alone') == read('tree/a') and not os.path.exists('no')
            someone_else(url, 'tree/s/b', read('tree/s/b'))
            sync('pull', 'tree/s/b', '-o', './back/' + name, env=env)
        else:
            run = sync('pull', '-R', 'tree', env=env, want=1)
            assert 'no PROPFIND' in run.err, run
        sync('pull', 'missing', env=env, want=4)
        run = sync('pull', 'tree', '-o', 'asfile', env=env, want=None)
        assert run.code in (1, 5, 4) and not os.path.exists('asfile'), run
        # Files moved, copied, folders made and listed, locked, with the methods they have.
        sync('push', '-', '/m1', env=env, stdin='m')
        assert sync('mv', 'm1', 'm2', env=env).out == 'm1\tmoved\n' and read(root + '/m2') == b'm' and not os.path.exists(root + '/m1')
        assert sync('cp', 'm2', 'm3', env=env).out == 'm2\tcopied\n' and read(root + '/m3') == b'm'
        sync('cp', 'm2', 'm3', env=env, want=3), sync('mv', 'm2', 'm3', env=env, want=3)
        sync('mkdir', 'made', env=env), sync('mkdir', 'made', env=env, want=1)
        assert os.path.isdir(root + '/made')
        if name == 'apache':
            assert sync('ls', 'tree', env=env).out == 'a\nnone/\ns/\n'
            assert sync('ls', '-R', 'tree', env=env).out == 'a\nnone/\ns/\ns/b\n'
            sync('lock', 'm2', env=env)
            sync('push', '--force', '-', '/m2', env=env, stdin='locked')
            sync('push', '--force', '-', '/m2', env={**env, 'XDG_STATE_HOME': os.path.abspath('bea')}, stdin='no', want=8)
            sync('unlock', 'm2', env=env)
        else:
            assert 'no PROPFIND' in sync('ls', 'tree', env=env, want=1).err
            assert 'no locks' in sync('lock', 'm2', env=env, want=1).err
        # rm: what was changed by somebody else stays.
        someone_else(url, 'f', b'changed again')
        sync('rm', 'f', env=env, want=3)
        assert os.path.exists(root + '/f')
        sync('rm', 'g', env=env)
        assert not os.path.exists(root + '/g')
        sync('rm', 'missing', env=env, want=4)
        someone_else(url, 'h', b'never seen'), sync('rm', 'h', env=env)
        sync('rm', 'tree', env=env, want=None)
        assert os.path.exists(root + '/tree/a')
        assert 'unchanged' in sync('push', '-R', 'tree', env=env).out
    finally:
        process.terminate()
        process.wait()


for name, program, start in (('nginx', '/usr/sbin/nginx', nginx), ('apache', '/usr/sbin/apache2', apache)):
    if not os.path.exists(program):
        raise SystemExit(f'{program} is not installed')
    check(name, start)
    shutil.rmtree('.local', ignore_errors=True)
    for leftover in ('f', 'g', 'g2'):
        os.remove(leftover)
    shutil.rmtree('tree')
