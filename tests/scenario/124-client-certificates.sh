# Certificates of clients: who shows one of ours is the user it names, as long as he is there; who shows another gets no connection.
. "$TOP/tests/lib/server.sh"

authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 authority" -keyout "$1.key" -out "$1.crt" 2>openssl.log
}
client() { # AUTHORITY FILE SUBJECT [USAGE] [DAYS]
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$2.key" -out "$2.csr" 2>openssl.log
	echo "extendedKeyUsage = ${4:-clientAuth}" >usage
	openssl x509 -req -in "$2.csr" -CA "$1.crt" -CAkey "$1.key" -CAcreateserial -days "${5:-2}" -extfile usage -out "$2.crt" 2>openssl.log
}
with() { # FILE CURL-ARGUMENT...
	name=$1
	shift
	status --cert "$name.crt" --key "$name.key" "$@"
}

authority ours
authority other
client ours ann /CN=ann
client ours upper /CN=ANN
client ours nobody /CN=nobody
client ours domain '/CN=X\\ann'
client ours two /CN=bea/CN=ann
client ours none /O=ann
client ours server /CN=ann serverAuth
client ours old /CN=ann clientAuth -1
client other foreign /CN=ann

serve_start store --listen 127.0.0.1:0
syncd user add ann --store store --rights read:/ --rights write:/ann >/dev/null
syncd user add bea --store store --rights write:/ >/dev/null
serve_stop

printf 'client-ca = ours.crt\nlisten = 127.0.0.1:0\n' >syncd.conf
exits 0 syncd config check syncd.conf
serve_start store --config syncd.conf

# The user of that name, with his rights; and the log says through what.
[ "$(with ann "$URL")" = 200 ]
[ "$(with ann -X MKCOL "${URL}ann")" = 201 ]
[ "$(with ann -T syncd.conf "${URL}ann/f")" = 201 ]
[ "$(with ann -T syncd.conf "${URL}f")" = 403 ]
[ "$(with upper "$URL")" = 200 ]
logs 'path="/ann/f" status=201 .* user="ann" client="certificate"'
# TLS 1.2 and 1.3 alike, also on a connection that is taken up again.
[ "$(with ann --tls-max 1.2 "$URL")" = 200 ]
[ "$(with ann "$URL" --next -sk -o body -w '%{http_code}' --cert ann.crt --key ann.key "$URL")" = 200200 ]

# No such user, no single name, none at all.
for who in nobody domain two none; do
	[ "$(with $who "$URL")" = 401 ]
done
# Who shows none signs in as ever; what he says counts before what he shows.
[ "$(status "$URL")" = 401 ]
token=$(syncd token add bea --store store)
[ "$(status -H "Authorization: Bearer $token" "$URL")" = 200 ]
[ "$(with ann -H "Authorization: Bearer ${token}x" "$URL")" = 401 ]
[ "$(with ann -T syncd.conf -H "Authorization: Bearer $token" "${URL}by-bea")" = 201 ]
logs 'path="/by-bea" status=201 .* user="bea"'

# Another authority's, one for servers, one that has ended: no connection.
for who in foreign server old; do
	with $who "$URL" >code && exit 1
	[ "$(cat code)" = 000 ]
done

# Who is removed is out at once.
syncd user rm ann --store store >/dev/null
[ "$(with ann "$URL")" = 401 ]

# Another authority after a reload; a broken file changes nothing.
printf 'client-ca = other.crt\nlisten = 127.0.0.1:0\n' >syncd.conf
syncd user add ann --store store --rights read:/ >/dev/null
exits 0 syncd reload --store store
[ "$(with foreign "$URL")" = 200 ]
with ann "$URL" >code && exit 1
echo nonsense >other.crt
exits 2 syncd reload --store store
says err 'other.crt'
[ "$(with foreign "$URL")" = 200 ]
exits 2 syncd config check syncd.conf
says err 'other.crt'
serve_stop
exits 2 syncd serve store --config syncd.conf --no-tls --listen 127.0.0.1:0
says err 'client-ca'

# By flags, which go before a file's keys.
openssl x509 -in ours.crt -out ours-again.crt
syncd serve other-store --run 'syncd user add ann --store "$SYNC_STORE" --rights read:/' >/dev/null
printf 'client-ca = nowhere\n' >flags.conf
serve_start other-store --config flags.conf --listen 127.0.0.1:0 --client-ca ours-again.crt
[ "$(with ann "$URL")" = 200 ]
exits 0 syncd config show --store other-store
says out 'client-ca = ours-again.crt  # --client-ca'
serve_stop
exits 2 syncd serve other-store --listen 127.0.0.1:0 --client-crl ours.crt
says err 'client-ca'
