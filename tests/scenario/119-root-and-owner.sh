# Root does all of it as the store's owner, on a running and on a stopped store; a stranger does none of it; nothing becomes root's.
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

(cd / && exec syncd serve "$home/store" --listen 127.0.0.1:0) 2>server.log &
SERVER=$!
trap 'kill -9 $SERVER 2>/dev/null || true; rm -rf "$home"' EXIT
until grep -q 'listening on' server.log; do kill -0 $SERVER; sleep 0.02; done
for state in running stopped; do
	n=$([ $state = running ] && echo 1 || echo 2)
	exits 0 syncd invite "ann$n" --store "$home/store" --rights write:/
	exits 0 syncd user add "bob$n" --store "$home/store"
	exits 0 syncd user rights "bob$n" --store "$home/store" --rights read:/
	printf 'a good password\n' | syncd user passwd "bob$n" --store "$home/store"
	exits 0 syncd status --store "$home/store"
	says out "$state"
	exits 0 syncd config show --store "$home/store"
	exits "$([ $state = running ] && echo 0 || echo 1)" syncd reload --store "$home/store"
	exits 0 as_owner "$home/syncd" user ls --store "$home/store"
	says out "bob$n"
	exits 0 as_owner "$home/syncd" status --store "$home/store"
	for command in 'user ls' 'user add eve' 'user rm ann1' 'user rights ann1 --none' 'invite eve' status reload 'config show' 'token ls'; do
		exits 1 as_stranger "$home/syncd" $command --store "$home/store"
	done
	[ -z "$(foreign)" ]
	if [ $state = running ]; then
		kill $SERVER
		wait $SERVER
	fi
done
[ "$(syncd user ls --store "$home/store" | cut -f 1 | tr '\n' ' ')" = 'ann1 ann2 bob1 bob2 ' ]
[ -z "$(foreign)" ]
