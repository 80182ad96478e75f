# config show prints every key with its value and where that comes from; config check names file, line and what was meant.
. "$TOP/tests/lib/server.sh"

# Without a store and a config: the defaults.
export HOME="$PWD/home" XDG_DATA_HOME="$PWD/home/data"
if [ ! -e /etc/syncd/syncd.conf ]; then
	exits 0 syncd config show
	says out '#idle-timeout = 75s  # default'
	says out '#tls-cert =  # not set'
	exits 0 syncd config check
	says err 'the defaults are in force'
fi

cat >good.conf <<-'E'
	# ours
	idle-timeout = 2m
	listen = 127.0.0.1:0
	listen = 127.0.0.2:0
	max-upload = 5 GiB
E
mkdir conf.d
echo 'idle-timeout = 3m' >conf.d/50-more.conf
exits 0 syncd config check --config good.conf
exits 0 syncd config check good.conf --json
says out '"result":"fine"'
exits 0 syncd config show --config good.conf
says out 'idle-timeout = 3m  # conf.d/50-more.conf:1'
says out 'listen = 127.0.0.1:0  # good.conf:3'
says out 'listen = 127.0.0.2:0  # good.conf:4'
says out '#stall-timeout = 30s  # default'
# What is printed is a config that says the same.
cp out again.conf
mkdir elsewhere
cp again.conf elsewhere
exits 0 syncd config show --config elsewhere/again.conf --json
grep -q '"key":"idle-timeout","value":"3m"' out
[ "$(grep -c '"key":"listen"' out)" = 2 ]
# Each key of the table once, and the same that `help serve` names.
exits 0 syncd config show --json
sed 's/{"key":"\([^"]*\)".*/\1/' out | sort -u >shown
syncd help serve | sed -n '/^Keys of/,$ s/^  \([a-z][a-z-]*\) .*/\1/p' | sort -u >helped
cmp shown helped

bad() { # bad LINE WORDS
	printf '# a line before\n%s\n' "$1" >bad.conf
	exits 2 syncd config check bad.conf
	says err "$2"
	exits 2 syncd config check bad.conf --json
	says out '"result":"wrong"'
	exits 2 syncd serve store --config bad.conf
	says err "$2"
	[ ! -e store ]
}
bad 'lisen = 127.0.0.1:0' 'bad.conf:2: unknown key "lisen"; did you mean listen?'
bad 'max-connections = many' 'bad.conf:2: max-connections: "many" is not a number'
bad "$(printf '[server]\nstore = x')" 'bad.conf:3: no section [server]'
bad 'tls-cert = x.crt' 'tls-cert and tls-key belong together'
bad 'cors-allow = everybody' 'cors-allow'
bad 'trusted-proxy = 10.0.0.1/99' 'trusted-proxy'
exits 2 syncd config check none.conf
says err none.conf
# What only a start would meet.
printf 'tls-cert = %s/no.crt\ntls-key = %s/no.key\n' "$PWD" "$PWD" >cert.conf
exits 2 syncd config check cert.conf
says err no.crt
printf 'listen = nowhere\n' >listen.conf
exits 2 syncd config check listen.conf
says err nowhere

# A running server's: with what its flags say.
rm -r conf.d
serve_start store --config good.conf --listen 127.0.0.1:0 --log-level debug
exits 0 syncd config show --store store
says out 'log-level = debug  # --log-level'
says out 'listen = 127.0.0.1:0  # --listen'
[ "$(grep -c '^listen' out)" = 1 ]
says out 'idle-timeout = 2m  # good.conf:2'
echo 'idle-timeot = 4m' >>good.conf
exits 0 syncd config show --store store
cd elsewhere # the file is found from anywhere
exits 2 syncd config check --store ../store
says err 'good.conf:6: unknown key "idle-timeot"; did you mean idle-timeout?'
cd ..
serve_stop
