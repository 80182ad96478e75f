# Tokens are made, listed and revoked, on a stopped store and through a running server alike.
. "$TOP/tests/lib/server.sh"
field() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

exits 1 syncd token add ann --store store
says err 'syncd serve'   # which makes a store; token does not
[ ! -e store ]
serve_start store --listen 127.0.0.1:0
serve_stop

# Stopped: the first user comes with the first token, and only the first.
exits 0 syncd token add ann --store store --label 'ann@laptop'
grep -qx 'sd_[0-9a-f]\{64\}' out
[ "$(wc -l <out)" = 1 ]
cp out first
exits 1 syncd token add bob --store store
says err 'no user bob'
exits 2 syncd token add ann --store store --scope docs
exits 2 syncd token add ann --store store --days 0
exits 2 syncd token add ann --store store --label "$(printf 'a\nuser=root')"
exits 2 syncd token add 'a b' --store store2 || exits 1 syncd token add 'a b' --store store2
syncd token add ann --store store --scope read:/docs --scope write:/docs/in/ --days 30 --json >json
[ "$(field user <json)" = ann ]
[ "$(field scope <json)" = "['read:/docs', 'write:/docs/in']" ]
[ "$(field expires <json | cut -c1-2)" = 20 ]
[ "$(syncd token ls --store store | wc -l)" = 2 ]
syncd token ls --store store >list
if grep -qF "$(cat first)" list; then exit 1; fi
id=$(printf %s "$(cat first)" | sha256sum | cut -c1-8)
grep -qP "^$id\tann\tann@laptop\t20..-..-..\tnever\tunused\t-$" list

# Running: the same through the socket, in force at once.
serve_start store --listen 127.0.0.1:0
get() { status -H "Authorization: Bearer $1" "$URL$2"; }
[ "$(get "$(cat first)" '')" = 200 ]
second=$(syncd token add ann --store store 2>/dev/null)
[ "$(get "$second" '')" = 200 ]
[ "$(syncd token ls --store store | wc -l)" = 3 ]
exits 1 syncd token add bob --store store
says err 'no user bob'
exits 2 syncd token add ann --store store --scope docs
exits 0 syncd token rm "$id" --store store
[ "$(get "$(cat first)" '')" = 401 ]
[ "$(get "$second" '')" = 200 ]
exits 1 syncd token rm "$id" --store store
says err "no token $id"
exits 2 syncd token rm ../codes --store store
syncd token ls --store store --json | field id >id2
exits 0 syncd token rm "$(cat id2)" --store store --json
says out '"result":"removed"'
serve_stop
[ "$(syncd token ls --store store | wc -l)" = 1 ]

# A path that no socket address can hold.
long=$PWD/$(printf 'x%.0s' $(seq 100))/$(printf 'y%.0s' $(seq 100))
mkdir -p "${long%/*}"
serve_start "$long" --listen 127.0.0.1:0
token=$(syncd token add ann --store "$long" 2>/dev/null)
[ "$(get "$token" '')" = 200 ]
serve_stop
