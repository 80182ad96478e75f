# One server a store; and clear words where a store cannot be.
. "$TOP/tests/lib/server.sh"

serve_start store --listen 127.0.0.1:0
exits 1 syncd serve store --listen 127.0.0.1:0
says err "$PWD/store"
grep -qiE 'another|in use|already' err
[ "$(status "$URL.sync/healthz")" = 200 ] # the first one is none the worse
[ -S store/admin.sock ]
syncd token ls --store store
port=$(echo "$URL" | sed 's,.*:,,; s,/,,')
exits 1 syncd serve other --listen "127.0.0.1:$port"
says err "127.0.0.1:$port"
kill -9 "$SERVER"
wait "$SERVER" || true

# After kill -9: the lock is free, the old socket in nobody's way, commands work on the store.
[ -S store/admin.sock ]
syncd token add ann --store store
serve_start store --listen 127.0.0.1:0
syncd token ls --store store | grep -q ann
serve_stop

echo >file
exits 1 syncd serve file --listen 127.0.0.1:0
says err "file cannot be"
if [ "$(id -u)" != 0 ]; then
	mkdir -m 555 locked
	exits 1 syncd serve locked/store --listen 127.0.0.1:0
	says err locked
fi
exits 1 syncd serve /proc/store --listen 127.0.0.1:0
says err /proc
exits 1 syncd token ls --store none
says err 'syncd serve'
exits 1 syncd serve store --listen 127.0.0.1:0 --tls-cert no.crt --tls-key no.key
says err no.crt
