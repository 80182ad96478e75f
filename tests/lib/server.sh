# What the scenarios about the server's own life share; read with `. "$TOP/tests/lib/server.sh"`.
# (Everything else runs inside `syncd serve --run`.)

# serve_start ARG...: starts `syncd serve ARG...` and waits until it answers: SERVER is its pid, URL its first address,
# server.log what it says.  A port is free for sure with --listen 127.0.0.1:0.
serve_start() {
	: >server.log
	syncd serve "$@" 2>server.log </dev/null &
	SERVER=$!
	trap 'kill -9 $SERVER 2>/dev/null || true' EXIT
	until grep -q 'listening on' server.log; do
		kill -0 "$SERVER" || { cat server.log; return 1; }
		sleep 0.02
	done
	URL=$(sed -n 's/.*listening on \([^ ]*\).*/\1/p' server.log)
}

# serve_stop: ends it by TERM; it has to exit with 0.
serve_stop() {
	kill -TERM "$SERVER"
	wait "$SERVER"
	trap - EXIT
}

# exits CODE COMMAND...: the command ends with that status; its words are in out and err.
exits() {
	want=$1 got=0
	shift
	"$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$want" ] || { cat out err; echo "exit status $got, not $want: $*"; return 1; }
}

# says FILE TEXT: the text is in the file.
says() {
	grep -qF -- "$2" "$1" || { echo "$1 does not say: $2"; cat "$1"; return 1; }
}

# logs TEXT-PATTERN: a line of server.log has it, now or soon: a thread of its own writes them.
logs() {
	tries=0
	until grep -q -- "$1" server.log; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "server.log has no line with: $1"; cat server.log; return 1; }
		sleep 0.05
	done
}

# status ARG...: the status of a request by curl, to a server whose key nobody vouches for.
status() {
	curl -sk -o body -w '%{http_code}' "$@"
}
