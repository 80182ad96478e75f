# backup, restore, export and import by root: the store is its owner's, the other folder root's alone; nothing becomes the other's.
. "$TOP/tests/lib/server.sh"
if [ "$(id -u)" != 0 ]; then echo 'needs root'; exit 77; fi
as_owner() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
home=$(mktemp -d) # where others may go, unlike the test's own folder
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"
mkdir "$home/store" "$home/again"
chown 65534:65534 "$home/store" "$home/again"
mkdir -m 700 mine
mkdir -p mine/in/d
echo one >mine/in/d/small
head -c 2000000 /dev/urandom >mine/in/large
chmod -R go= mine
foreign() { find "$home/store" "$home/again" ! -uid 65534; find mine ! -uid 0; }

(cd / && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/syncd" serve "$home/store" --no-tls --listen 127.0.0.1:0) 2>server.log &
SERVER=$!
trap 'kill -9 $SERVER 2>/dev/null || true; rm -rf "$home"' EXIT
until grep -q 'listening on' server.log; do kill -0 $SERVER; sleep 0.02; done
for state in running stopped; do
	syncd import mine/in --path "/$state" --store "$home/store"
	syncd export "mine/out-$state" --path "/$state" --store "$home/store"
	diff -r mine/in "mine/out-$state"
	syncd backup "mine/backup-$state" --store "$home/store"
	syncd backup "mine/backup-$state" --store "$home/store" --verify
	syncd fsck --store "$home/store"
	syncd gc --store "$home/store"
	syncd journal --verify --store "$home/store"
	[ -z "$(foreign)" ]
	if [ $state = running ]; then
		exits 1 syncd restore mine/backup-running --replace --store "$home/store"
		says err 'stop its server'
		kill $SERVER
		wait $SERVER
	fi
done
syncd restore mine/backup-running --store "$home/again"
[ -z "$(foreign)" ]
as_owner "$BUILD/syncd" fsck --store "$home/again"
syncd restore mine/backup-stopped --replace --store "$home/again"
[ -z "$(foreign)" ]
syncd export mine/last --path /stopped --store "$home/again"
diff -r mine/in mine/last
# The owner has no way to what is root's, and leaves nothing behind.
exits 1 as_owner "$BUILD/syncd" backup mine/theirs --store "$home/again"
exits 1 as_owner "$BUILD/syncd" import mine/in --store "$home/again"
[ -z "$(ls "$home/again/tmp")" ]
# Links that the owner planted are replaced, or followed with his rights alone.
ln -s "$PWD/mine" "$home/again/restore"
syncd restore mine/backup-running --replace --store "$home/again"
[ -z "$(foreign)" ]
diff -r mine/in "mine/out-running"
mv "$home/again/seg" "$home/again/seg.aside"
ln -s "$PWD/mine" "$home/again/seg"
exits 1 syncd backup mine/tricked --store "$home/again"
[ -z "$(ls mine/tricked/seg)" ]
