# The first start makes store and key and says how to get in; the second finds both.
. "$TOP/tests/lib/server.sh"

serve_start store --listen 127.0.0.1:0
says server.log "store $PWD/store (new), key made, listening on https://127.0.0.1:"
says server.log 'syncd invite'
if grep -q '#' server.log; then exit 1; fi # no login link where nobody reads along
[ "$(stat -c %a store)" = 700 ]
[ "$(stat -c %a store/tls.key)" = 600 ]
[ "$(stat -c %a store/admin.sock)" = 600 ]
[ "$(status "$URL.sync/healthz")" = 200 ]
key=$(sha256sum <store/tls.key)
serve_stop
[ ! -e store/admin.sock ]

serve_start store --listen 127.0.0.1:0 --listen 127.0.0.1:0
says server.log "store $PWD/store, listening on https://127.0.0.1:"
says server.log ' and https://127.0.0.1:'
[ "$key" = "$(sha256sum <store/tls.key)" ]
# TLS 1.2 is the oldest there is.
openssl s_client -connect "${URL#https://}" -tls1_2 </dev/null >/dev/null 2>&1 || openssl s_client -connect "$(echo "$URL" | sed 's,https://,,; s,/,,')" -tls1_2 </dev/null
if openssl s_client -connect "$(echo "$URL" | sed 's,https://,,; s,/,,')" -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null; then exit 1; fi
serve_stop

# Half a key pair is not repaired by guessing.
rm store/tls.crt
exits 1 syncd serve store --listen 127.0.0.1:0
says err tls.crt
