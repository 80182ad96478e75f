# Which folder is the store: the operand, the config, $STATE_DIRECTORY, $XDG_DATA_HOME, the home.
. "$TOP/tests/lib/server.sh"
chosen() { # chosen WANT ARG...
	want=$1
	shift
	serve_start --listen 127.0.0.1:0 "$@"
	says server.log "store $want"
	serve_stop
	[ -f "$want/db" ]
}
unset XDG_DATA_HOME STATE_DIRECTORY
export HOME="$PWD/home"
mkdir home
chosen "$PWD/home/.local/share/syncd"
[ "$(stat -c %a home/.local)" = 700 ]
syncd token add ann # finds the same one
export XDG_DATA_HOME="$PWD/xdg"
chosen "$PWD/xdg/syncd"
mkdir state
export STATE_DIRECTORY="$PWD/state:$PWD/other"
chosen "$PWD/state"
echo "store = $PWD/configured" >syncd.conf
chosen "$PWD/configured" --config syncd.conf
chosen "$PWD/named" --config syncd.conf named
unset XDG_DATA_HOME STATE_DIRECTORY HOME
exits 2 syncd serve --listen 127.0.0.1:0
says err HOME
