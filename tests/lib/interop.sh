# interop: what the tests with foreign clients share; sourced.

# need PROGRAM...: the test cannot run without them (`make check` installs them).
need() {
	for program; do
		command -v "$program" >/dev/null || { echo "$program is not installed"; exit 1; }
	done
}
