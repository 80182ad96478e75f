# npm's webdav: the client that JavaScript programs use.
. "$TOP/tests/lib/interop.sh"

if [ "${1:-}" != inside ]; then
	need node npm
	modules=$BUILD/interop-modules
	if [ ! -d "$modules/node_modules/webdav" ]; then
		mkdir -p "$modules"
		(cd "$modules" && npm install --no-audit --no-fund webdav@5.11.0 >npm.log 2>&1) ||
			{ tail -n 3 "$modules/npm.log"; echo "npm cannot fetch packages here"; exit 77; }
	fi
	cp "$TOP/tests/lib/webdav.mjs" "$modules/"
	exec syncd serve --run "NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_USER='$(id -un)' node '$modules/webdav.mjs'"
fi
