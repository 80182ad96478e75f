# Users are made, changed, listed and removed, on a stopped store and through a running server alike.
. "$TOP/tests/lib/server.sh"
field() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }
rights() { syncd user ls --store store --json | python3 -c 'import json, sys
for line in sys.stdin:
    u = json.loads(line)
    print(u["user"], *u["rights"])'; }

exits 1 syncd user add ann --store store
says err 'syncd serve' # which makes a store
[ ! -e store ]
serve_start store --listen 127.0.0.1:0
serve_stop

for state in stopped running; do
	if [ $state = running ]; then serve_start store --listen 127.0.0.1:0; fi
	exits 0 syncd user add ann --store store
	says err 'write:/' # the first one
	exits 0 syncd user add bob --store store
	says err 'syncd user rights bob' # who may do nothing yet
	exits 0 syncd user add c.d@e --store store --rights read:/docs --rights write:/docs/in/ --json
	[ "$(field rights <out)" = "['read:/docs', 'write:/docs/in']" ]
	[ "$(rights)" = "$(printf 'ann write:/\nbob\nc.d@e read:/docs write:/docs/in')" ]
	exits 1 syncd user add Ann --store store
	says err 'already'
	exits 2 syncd user add 'a b' --store store
	exits 2 syncd user add -- '-x' --store store
	exits 2 syncd user add eve --store store --rights docs
	exits 2 syncd user add eve --store store --rights "$(printf 'read:/a\nuser=root')"
	exits 2 syncd user add --store store

	exits 0 syncd user rights bob --store store --rights write:/b
	exits 2 syncd user rights bob --store store # forgetting the rights takes none away
	exits 2 syncd user rights bob --store store --none --rights read:/
	exits 1 syncd user rights eve --store store --none
	says err 'no user eve'
	[ "$(rights | grep bob)" = 'bob write:/b' ]
	exits 0 syncd user rights bob --store store --none
	[ "$(rights | grep bob)" = 'bob' ]

	syncd token add c.d@e --store store --label x@y >token 2>/dev/null
	syncd token add c.d@e --store store --scope read:/docs >/dev/null 2>&1
	[ "$(syncd user ls --store store | cut -f 1,3,4,5 | tail -n 1)" = "$(printf 'c.d@e\t2\t-\tread:/docs write:/docs/in')" ]
	printf 'a good password\n' | syncd user passwd c.d@e --store store
	[ "$(syncd user ls --store store --json | tail -n 1 | field password)" = True ]
	if [ $state = running ]; then
		[ "$(status -H "Authorization: Bearer $(cat token)" "$URL")" = 200 ]
		[ "$(status -u 'c.d@e:a good password' "$URL")" = 200 ]
		# The use of a token is on the disk soon, to the minute.
		until syncd token ls --store store --json | grep -q '"used":"20'; do sleep 0.02; done
	fi
	exits 0 syncd user passwd c.d@e --remove --store store --json
	says out '"password removed"'
	[ "$(syncd user ls --store store --json | tail -n 1 | field password)" = False ]
	printf 'short\n' >short
	if syncd user passwd ann --store store <short 2>err; then exit 1; fi
	says err '8 to 255 bytes'
	if printf 'a good password\n' | syncd user passwd eve --store store 2>err; then exit 1; fi
	says err 'no user eve'
	exits 2 syncd user passwd ann 'a good password' --store store # never on the command line

	for name in ann bob c.d@e; do exits 0 syncd user rm $name --store store; done
	exits 1 syncd user rm ann --store store
	exits 2 syncd user rm ../tokens --store store
	[ -z "$(syncd user ls --store store)" ]
	[ -z "$(syncd token ls --store store)" ]
	if [ $state = running ]; then
		[ "$(status -H "Authorization: Bearer $(cat token)" "$URL")" = 401 ]
		[ "$(status -u 'c.d@e:a good password' "$URL")" = 401 ]
		serve_stop
	fi
done

# A server that starts while a command has the store waits for it to end.
flock store/lock sleep 0.7 &
until ! flock -n store/lock true; do sleep 0.02; done
serve_start store --listen 127.0.0.1:0
exits 1 syncd serve store --listen 127.0.0.1:0 # another server does not end by waiting
says err 'in use by another process'
serve_stop
wait
