# What the checks of the packages share.  Sourced by tests/packaging/NN-*.sh, which tests/run runs with TOP and BUILD set.
# A check that this machine cannot make says why and is skipped (77); it is never counted as passed.
export LC_ALL=C.UTF-8
debs=$TOP/build/deb
work=$TOP/build/deb.work

skip() {
	echo "$*"
	exit 77
}
fail() {
	echo "FAILED: $*"
	exit 1
}
# (set -e sees neither a "! command" nor the first half of an "a && b": one command a line.)
not() { if "$@"; then fail "$*"; fi; }
need() {
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is missing (make check-deb installs it)"
	done
}
need_root() {
	need unshare chroot
	[ "$(id -u)" = 0 ] || skip "only root can make a chroot here"
	unshare --mount --pid --fork true 2>/dev/null || skip "this machine lets nobody make namespaces"
}

# The packages that ours depend on, but for ours: the first of alternatives.
depends() {
	for deb in "$debs"/*.deb; do dpkg-deb -f "$deb" Depends; done | tr ',' '\n' |
		sed 's/|.*//; s/(.*//; s/ //g; /^$/d; /^sync/d' | sort -u
}

# Makes $base, a Debian 12 with all that our packages and these checks need: everything after it works without a network.
need_base() {
	need_root
	need mmdebstrap
	include=$( (depends; printf '%s\n' apt-utils systemd systemd-sysv libpam-systemd dbus curl ca-certificates media-types procps openssl) | sort -u | paste -sd,)
	base=$BUILD/base-$(echo "$include" | cksum | cut -d' ' -f1).tar
	if [ -f "$base" ]; then return 0; fi
	if [ -f "$BUILD/no-base" ]; then skip "$(cat "$BUILD/no-base")"; fi
	proxy=
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	for try in 1 2 3; do
		if timeout 240 mmdebstrap --quiet --format=tar --variant=apt --include="$include" ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} \
			--customize-hook='chroot "$1" sh -c "cd /root && apt-get -qq download coreutils"' \
			bookworm "$base.part" "${MIRROR:-http://deb.debian.org/debian}"; then
			mv "$base.part" "$base"
			return 0
		fi
		sleep $((5 * try))
	done
	echo "no Debian to be had from ${MIRROR:-http://deb.debian.org/debian}" >"$BUILD/no-base" # asked once is enough
	skip "$(cat "$BUILD/no-base")"
}

# new_root: a fresh system in ./root with our packages in its /root/debs; gone when the check ends.
new_root() {
	rm -rf root
	trap 'rm -rf "$PWD/root"' EXIT
	mkdir root
	if ! tar -C root -xf "$base" 2>words; then
		cat words
		if grep -q 'Cannot mknod' words; then skip "this machine lets nobody make device nodes"; fi
		fail "unpacking $base"
	fi
	mkdir root/root/debs root/root/check
	cp "$debs"/*.deb root/root/debs/
	cp "$TOP"/tests/packaging/inside/* root/root/check/
}

# in_root COMMAND...: in ./root, with a /proc that goes with it.
in_root() {
	unshare --mount --pid --fork --kill-child --propagation private sh -ec '
		mount -t proc proc "$0/proc"
		exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
	' "$PWD/root" "$@"
}

# newer DEB FOLDER: the package as a later version of itself.
newer() {
	mkdir -p "$2"
	rm -rf newer.tmp
	dpkg-deb -R "$1" newer.tmp
	sed -i 's/^Version: .*/&+newer/; s/(= \([^)]*\))/(= \1+newer)/' newer.tmp/DEBIAN/control
	# Its programs are others, too: a byte behind the end of a program changes nothing else.
	find newer.tmp/usr -type f -perm -100 | while read -r program; do echo >>"$program"; done
	(cd newer.tmp && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
	dpkg-deb -b --root-owner-group newer.tmp "$2" >/dev/null
	rm -rf newer.tmp
}
