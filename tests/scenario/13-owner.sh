# Root and the store's owner come in by the admin door, others do not; and nothing in a store is ever root's.
. "$TOP/tests/lib/server.sh"
if [ "$(id -u)" != 0 ]; then echo 'needs root'; exit 77; fi
as_owner() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
as_stranger() { setpriv --reuid 65533 --regid 65533 --clear-groups "$@"; }
home=$(mktemp -d) # where others may go, unlike the test's own folder
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"
cp "$BUILD/syncd" "$home"
mkdir "$home/store"
chown 65534:65534 "$home/store"
foreign() { find "$home/store" ! -uid 65534; }

# Started by root on somebody's folder, it is that somebody's server.
(cd / && exec syncd serve "$home/store" --listen 127.0.0.1:0) 2>server.log &
SERVER=$!
until grep -q 'listening on' server.log; do kill -0 $SERVER; sleep 0.02; done
[ "$(stat -c %u "/proc/$SERVER")" = 65534 ]
exits 0 syncd token add ann --store "$home/store"
exits 0 as_owner "$home/syncd" token ls --store "$home/store"
says out ann
exits 1 as_stranger "$home/syncd" token ls --store "$home/store"
# Even where the modes would let a stranger in, the door asks who it is.
chmod 755 "$home/store"
chmod 666 "$home/store/admin.sock"
exits 1 as_stranger "$home/syncd" token add ann --store "$home/store"
says err 'only root' || says err 'the server'
chmod 700 "$home/store"
kill $SERVER
wait $SERVER
[ -z "$(foreign)" ]

# Stopped: root becomes the owner before it opens anything.
exits 0 syncd token add ann --store "$home/store"
[ -z "$(foreign)" ]
exits 1 as_stranger "$home/syncd" token add ann --store "$home/store"
