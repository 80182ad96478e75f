"""WebDAV servers that are not ours, on loopback, each with a folder of its own: Apache (mod_dav), nginx (dav and dav-ext), rclone."""
import atexit, os, shutil, socket, subprocess, time
from mock import write

NGINX_DAV_EXT = '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so'


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(1200):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            assert process.poll() is None, 'the server did not start'
            time.sleep(0.05)
    raise SystemExit('the server did not start')


class Foreign:
    """`kind`: apache, nginx or rclone; without `locks` the first two have none.  Its files are in self.root."""

    def __init__(self, kind, locks=True, port=None):
        self.kind, self.locks = kind, locks
        self.at = os.path.abspath(f'{kind}-server')
        self.root = self.at + '/root'
        os.makedirs(self.root, exist_ok=True)
        os.chmod('.', 0o755), os.chmod(self.at, 0o777), os.chmod(self.root, 0o777)
        self.port = port or free_port()
        self.url = f'http://127.0.0.1:{self.port}/'
        self.start()

    def start(self):
        self.process = subprocess.Popen(getattr(self, self.kind)(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, 'HOME': self.at})
        atexit.register(self.process.kill)
        wait_for(self.port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def nginx(self):
        at, lock = self.at, self.locks
        write(f'{at}/nginx.conf', f'''
load_module {NGINX_DAV_EXT};
daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/nginx.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{ client_body_temp_path {at}/body; proxy_temp_path {at}/p; fastcgi_temp_path {at}/fc; uwsgi_temp_path {at}/uw;
  scgi_temp_path {at}/sc; access_log off; {'dav_ext_lock_zone zone=dav:1m;' if lock else ''}
  server {{ listen 127.0.0.1:{self.port}; root {self.root}; client_max_body_size 100m;
    location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS {'LOCK UNLOCK' if lock else ''};
      {'dav_ext_lock zone=dav;' if lock else ''} }} }} }}''')
        return [shutil.which('nginx') or '/usr/sbin/nginx', '-c', f'{at}/nginx.conf', '-e', f'{at}/nginx.log']

    def apache(self):
        modules = '/usr/lib/apache2/modules'
        load = '\n'.join(f'LoadModule {m}_module {modules}/mod_{m}.so' for m in ('mpm_event', 'authz_core', 'dav', 'dav_fs', 'dir', 'mime')
                         if os.path.exists(f'{modules}/mod_{m}.so'))
        os.makedirs(self.at + '/locks', exist_ok=True)
        os.chmod(self.at + '/locks', 0o777)
        write(f'{self.at}/httpd.conf', f'''
ServerRoot {self.at}
ServerName localhost
PidFile {self.at}/httpd.pid
Listen 127.0.0.1:{self.port}
ErrorLog {self.at}/httpd.log
Mutex file:{self.at} default
{load}
TypesConfig /etc/mime.types
{"User #%d" % os.getuid() if os.getuid() else "User www-data"}
DocumentRoot {self.root}
{"DavLockDB " + self.at + "/locks/db" if self.locks else ""}
<Directory {self.root}>
Dav On
Require all granted
</Directory>''')
        return [shutil.which('apache2') or '/usr/sbin/apache2', '-X', '-f', f'{self.at}/httpd.conf']

    def rclone(self):
        return ['rclone', 'serve', 'webdav', '--dir-cache-time', '0s', '--addr', f'127.0.0.1:{self.port}', self.root]

    def tree(self):
        """As Machine.tree()."""
        found = {}
        for at, folders, files in os.walk(self.root):
            for name in folders:
                found[os.path.relpath(os.path.join(at, name), self.root)] = None
            for name in files:
                path = os.path.join(at, name)
                if '.DAV' not in path:
                    found[os.path.relpath(path, self.root)] = open(path, 'rb').read().decode(errors='surrogateescape')
        return {p: c for p, c in found.items() if not p.split('/')[-1].startswith('.DAV')}
