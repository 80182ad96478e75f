# Signing in without a link (no terminal at the server): the pin it says and a token.  Then another store at the same
# address: another key, nothing sent; once signed in to it, what the old one had is not taken for what this one has.
. "$TOP/tests/lib/server.sh"
export XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state
pin() { sed -n 's/^known_by pin=\([^ ]*\) .*/\1/p' server.log; }

serve_start one --listen 127.0.0.1:0
port=${URL#*127.0.0.1:} port=${port%/}
syncd token add ann --store one >token 2>/dev/null
echo data >file
SYNC_URL=$URL SYNC_TOKEN=$(cat token) SYNC_PIN=$(pin) syncc push file | grep created
exits 7 syncc login "$URL" --token-file token
syncc login "$URL" --token-file token --pin "$(pin)" --user ann
syncc push file | grep unchanged
syncc logout
syncc login "$URL" --token-file token # the pin is known
first=$(pin)
serve_stop

serve_start two --listen "127.0.0.1:$port"
[ "$(pin)" != "$first" ]
exits 7 syncc cat file
syncd token add ann --store two >token 2>/dev/null
exits 7 syncc login "$URL" --token-file token
syncc login "$URL" --token-file token --pin "$(pin)" 2>err
grep -q 'last seen there is forgotten' err
syncc push file | grep created
serve_stop
