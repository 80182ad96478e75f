# A server that serves has no new privileges, a seccomp filter and no core file; its captive command is free of all that.
. "$TOP/tests/lib/server.sh"

field() { # of /proc/PID/status: PID, name
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

serve_start store --listen 127.0.0.1:0
case $BUILD in *san)
	[ "$(field "$SERVER" NoNewPrivs)" = 1 ]
	serve_stop
	exit 0
	;;
esac
[ "$(field "$SERVER" Seccomp)" = 2 ]
[ "$(field "$SERVER" NoNewPrivs)" = 1 ]
for task in /proc/"$SERVER"/task/*; do # each thread
	grep -q '^Seccomp:[[:space:]]*2$' "$task/status"
done
grep -q '^Max core file size  *0 ' "/proc/$SERVER/limits"
serve_stop

# The command of --run may start programs and gain what they give.
exits 0 syncd serve --run 'cat /proc/self/status'
grep -q '^Seccomp:[[:space:]]*0$' out
grep -q '^NoNewPrivs:[[:space:]]*0$' out

printf 'sandbox = no\nlisten = 127.0.0.1:0\n' >no.conf
serve_start store --config no.conf
[ "$(field "$SERVER" Seccomp)" = 0 ]
[ "$(field "$SERVER" NoNewPrivs)" = 0 ]
serve_stop

printf 'sandbox = maybe\n' >wrong.conf
exits 2 syncd config check wrong.conf
says err '"maybe" is not yes, no or auto'

# A key that others may write is no key; one that everybody may read is said.
exits 0 openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x -keyout k.pem -out c.pem
chmod 620 k.pem
exits 1 syncd serve store --listen 127.0.0.1:0 --tls-cert c.pem --tls-key k.pem
says err 'chmod 600 k.pem'
for mode in 644 640 600; do
	chmod $mode k.pem
	serve_start store --listen 127.0.0.1:0 --tls-cert c.pem --tls-key k.pem
	serve_stop
	case $mode in
	644) says server.log 'readable_by=everybody' ;;
	*)   if grep readable_by server.log; then exit 1; fi ;;
	esac
done
