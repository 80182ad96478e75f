# cadaver: a session of every command that changes something.  Plain HTTP: over TLS it asks about the certificate.
. "$TOP/tests/lib/interop.sh"

if [ "${1:-}" != inside ]; then
	need cadaver
	exec syncd serve --no-tls --listen 127.0.0.1:0 --run "sh -eux '$0' inside"
fi

printf 'machine 127.0.0.1\nlogin %s\npassword %s\n' "$(id -un)" "$SYNC_TOKEN" >.netrc
chmod 600 .netrc
echo hello >up.txt
# It looks at whole seconds to see whether the file was changed.
printf '#!/bin/sh\necho edited >>"$1" && touch -d "1 minute" "$1"\n' >editor
chmod +x editor
export HOME=$PWD EDITOR=$PWD/editor

cat >session <<'X'
mkcol box
cd box
put up.txt
put up.txt two words.txt
ls
copy up.txt three.txt
move three.txt four.txt
propset up.txt color blue
propget up.txt color
propnames up.txt
lock up.txt
discover up.txt
put up.txt
unlock up.txt
edit up.txt
chexec + up.txt
get up.txt down.txt
delete four.txt
cd ..
copy box boxcopy
move boxcopy boxmoved
rmcol box
ls
quit
X
cadaver "$SYNC_URL" <session >log 2>&1 || { cat log; exit 1; }
cat log
if grep -iE 'failed|error|could not|parse' log; then exit 1; fi
[ "$(grep -c succeeded log)" -ge 20 ]
grep 'color is: blue' log
grep 'Lock token <urn:uuid:' log
printf 'hello\nedited\n' | cmp - down.txt
token() { curl -sf -H "Authorization: Bearer $SYNC_TOKEN" "$@"; }
[ "$(token "${SYNC_URL}boxmoved/up.txt")" = "$(cat down.txt)" ]
token "$SYNC_URL" | grep ' boxmoved/$'
if token "${SYNC_URL}box/"; then exit 1; fi
