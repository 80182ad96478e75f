# `serve --run`: a server around a command, which is left as the command leaves.
. "$TOP/tests/lib/server.sh"
export TMPDIR=$PWD/tmp
mkdir tmp
gone() { [ -z "$(ls -A tmp)" ]; }

exits 0 syncd serve --run true
exits 7 syncd serve --run 'exit 7'
exits 143 syncd serve --run 'kill -TERM $$'
exits 137 syncd serve --run 'kill -9 $$'
exits 127 syncd serve --run no-such-command
gone
[ ! -s out ]

# What the command gets, and nothing left over from another server.
[ "$(echo hello | SYNC_PIN=old syncd serve --run 'cat')" = hello ]
SYNC_PIN=old syncd serve --run 'env' >env.txt 2>err
[ ! -s err ]
grep -qx 'SYNC_URL=https://127.0.0.1:[0-9]*/' env.txt
grep -qx 'SYNC_TOKEN=sd_[0-9a-f]\{64\}' env.txt
grep -qx 'SYNC_PIN=sha256//[A-Za-z0-9+/]\{43\}=' env.txt
grep -qx "SYNC_STORE=$TMPDIR/syncd-......" env.txt
SYNC_PIN=old syncd serve --no-tls --run 'env' >env.txt
grep -qx 'SYNC_URL=http://127.0.0.1:[0-9]*/' env.txt
if grep -q '^SYNC_PIN' env.txt; then exit 1; fi

# It is a whole server, and the pin is its key's.
syncd serve --run 'curl -sSfk --pinnedpubkey "$SYNC_PIN" -H "Authorization: Bearer $SYNC_TOKEN" -T "$TOP/LICENSE" "${SYNC_URL}a"
	curl -sSfk -H "Authorization: Bearer $SYNC_TOKEN" "${SYNC_URL}a" | cmp - "$TOP/LICENSE"'
syncd serve --listen "unix:$PWD/extra.sock" --run 'curl -sSf --unix-socket extra.sock http://x/.sync/healthz'

# A store that was named stays, its token goes.
syncd serve kept --run 'echo $SYNC_TOKEN; curl -sSfk -H "Authorization: Bearer $SYNC_TOKEN" -T "$TOP/LICENSE" "${SYNC_URL}a"' >token
[ -z "$(syncd token ls --store kept)" ]
syncd serve kept --run "curl -sk -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer $(cat token)' \${SYNC_URL}a" >code
[ "$(cat code)" = 401 ]
gone

# Interrupted: the command hears of it, the temporary store goes.
syncd serve --run 'echo started >up; exec sleep 60' &
pid=$!
until [ -s up ]; do sleep 0.02; done
kill -TERM $pid
got=0; wait $pid || got=$?
[ "$got" = 143 ]
gone
rm up
syncd serve --run 'trap "" INT TERM; echo started >up; sleep 5' &
pid=$!
until [ -s up ]; do sleep 0.02; done
kill -INT $pid
sleep 0.1
kill -INT $pid
got=0; wait $pid || got=$?
[ "$got" = 1 ] # the second signal: at once
gone

# Says something only when it matters, unless asked.
syncd serve --log-level info --run true 2>err
says err 'listening on https://127.0.0.1:'
