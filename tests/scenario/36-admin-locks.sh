# syncd locks and unlock: on a running server and on a stopped store, whoever made the lock.
. "$TOP/tests/lib/server.sh"

serve_start store --listen 127.0.0.1:0
token=$(syncd token add ann --store store 2>err)
export SYNC_URL=$URL SYNC_TOKEN=$token HOME=$PWD
SYNC_PIN=$(sed -n 's/.*known_by pin=\([^ ]*\).*/\1/p' server.log | tr -d '"' | head -n 1)
export SYNC_PIN
[ -z "$(syncd locks --store store)" ]
echo x >f
syncc push f
syncc mkdir d
syncc lock f
syncc lock d
[ "$(syncd locks --store store | wc -l)" = 2 ]
syncd locks --store store | grep -P '^urn:uuid:[0-9a-f-]{36} *\tann *\t[^\t]*@[^\t]*\texclusive *\tinfinity *\t20[0-9T:Z-]* *\t/f$'
lock=$(syncd locks --store store --json | python3 -c 'import json, sys
print([l["token"] for l in map(json.loads, sys.stdin) if l["path"] == "/f"][0])')
exits 2 syncd unlock nonsense --store store
exits 2 syncd unlock urn:uuid:12 --store store
exits 1 syncd unlock urn:uuid:00000000-0000-4000-8000-000000000000 --store store
exits 0 syncd unlock "$lock" --store store
exits 1 syncd unlock "$lock" --store store
[ "$(syncd locks --store store | wc -l)" = 1 ]
XDG_STATE_HOME=$PWD/other syncc push --force f
serve_stop
lock=$(syncd locks --store store | cut -c1-45)
syncd unlock "$lock" --store store --json | grep '"result":"removed"'
[ -z "$(syncd locks --store store)" ]

# Who is removed leaves no lock behind that nobody could give up.
serve_start store --listen 127.0.0.1:0
SYNC_URL=$URL
exits 0 syncd user add bea --store store --rights write:/
XDG_STATE_HOME=$PWD/bea SYNC_TOKEN=$(syncd token add bea --store store) syncc lock f
SYNC_TOKEN=$(syncd token add ann --store store) syncc lock d
[ "$(syncd locks --store store | wc -l)" = 2 ]
exits 0 syncd user rm bea --store store
[ "$(syncd locks --store store | wc -l)" = 1 ]
XDG_STATE_HOME=$PWD/other syncc push --force f
serve_stop
