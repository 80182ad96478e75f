# The watch as a user's service, under a real systemd of a user's: it begins, syncs both ways, comes back after a kill, and ends well.
# Where no systemd runs the machine that takes a namespace of our own, in which it believes that one does.
skip() { echo "$1"; exit 77; }
systemd=/lib/systemd/systemd
if [ -z "${INSIDE:-}" ]; then
	[ -x $systemd ] && command -v systemctl >/dev/null || skip 'no systemd'
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip 'no namespaces without root'
	INSIDE=1 exec unshare -m syncd serve --run "sh -eux '$0'"
fi
export HOME="$PWD/home" XDG_RUNTIME_DIR=/run/user-of-test
unset XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME/.config/systemd/user"
mount -t tmpfs none /run && mkdir -p /run/systemd/system && mkdir -m 700 $XDG_RUNTIME_DIR || skip 'nothing can be mounted'
sed "s,/usr/bin/,$BUILD/,; s,RestartSec=30,RestartSec=1," "$TOP/packaging/sync-watch@.service" \
	>"$HOME/.config/systemd/user/sync-watch@.service"

printf %s "$SYNC_TOKEN" >token
syncc login "$SYNC_URL" --token-file token --pin "$SYNC_PIN" --user ann
unset SYNC_URL SYNC_TOKEN SYNC_PIN SYNC_STORE
syncc mkdir /docs
syncc clone /docs "$HOME/my docs"

SYSTEMD_LOG_TARGET=console $systemd --user >systemd.log 2>&1 &
manager=$!
trap 'kill $manager' EXIT
# until COMMAND...: waits for it to succeed.
until_ok() {
	for _ in $(seq 400); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
is() { [ "$(systemctl --user show -p "$2" --value "$1")" = "$3" ]; }
has() { [ "$(syncc cat "$1" 2>/dev/null)" = "$2" ]; }
holds() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
for _ in $(seq 100); do
	systemctl --user is-system-running 2>/dev/null | grep -q 'running\|degraded' && break
	kill -0 $manager || skip "systemd does not run here: $(tail -n 1 systemd.log)"
	sleep 0.1
done
unit="sync-watch@$(systemd-escape --path "$HOME/my docs").service"
systemctl --user enable --now "$unit"
until_ok is "$unit" ActiveState active
echo here >"$HOME/my docs/a"
until_ok has /docs/a here
echo there | syncc push - /docs/b
until_ok holds "$HOME/my docs/b" there
# Killed: it comes back, with what happened meanwhile.
kill -9 "$(systemctl --user show -p MainPID --value "$unit")"
echo meanwhile >"$HOME/my docs/c"
until_ok has /docs/c meanwhile
until_ok is "$unit" ActiveState active
systemctl --user stop "$unit"
is "$unit" ActiveState inactive
is "$unit" Result success
# What cannot work is a failure, said by its status: the marker is gone.
rm "$HOME/my docs/.sync/id"
systemctl --user start "$unit"
until_ok is "$unit" Result exit-code
has /docs/a here
