# litmus: all of its suites, over TLS and plain; no failure, no warning, nothing skipped but what it cannot do over TLS.
. "$TOP/tests/lib/interop.sh"

# Its Expect test wants plain HTTP; neon's answer to our two challenges is Basic with the token.
run_litmus() {
	litmus -k "$SYNC_URL" "$(id -un)" "$SYNC_TOKEN" >"$1.log" 2>&1 || { cat "$1.log"; exit 1; }
	for suite in basic copymove props locks http; do
		grep -q "summary for .$suite'.* 0 failed" "$1.log" || { cat "$1.log"; echo "litmus: $suite"; exit 1; }
	done
	if grep -E 'warnings? w|WARNING|\. FAIL' "$1.log"; then exit 1; fi
}

if [ "${1:-}" = tls ]; then
	run_litmus tls
	[ "$(grep SKIPPED tls.log | grep -c expect100)" -eq 1 ] && [ "$(grep -c SKIPPED tls.log)" -eq 1 ]
elif [ "${1:-}" = plain ]; then
	run_litmus plain
	if grep SKIPPED plain.log; then exit 1; fi
else
	need litmus
	syncd serve --run "sh -eux '$0' tls"
	syncd serve --no-tls --listen 127.0.0.1:0 --run "sh -eux '$0' plain"
fi
