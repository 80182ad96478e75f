# In the chroot: what has to be true of the name `sync`.  Sourced.
set -eu
unset SUDO_COMMAND || :

wrong() {
	echo "WRONG: $*"
	ls -l /usr/bin/sync* || :
	dpkg-divert --list '*sync*' || :
	exit 1
}
is() { "$@" >/tmp/out 2>&1 || { cat /tmp/out; wrong "$*"; }; }
isnt() { if "$@" >/tmp/out 2>&1; then cat /tmp/out; wrong "not: $*"; fi; }

# It flushes, in all its ways.  At every moment.
flushes() {
	is sync
	is sync -f /tmp
	is sync -d /etc/hostname
	is /bin/sync
	is env -i /usr/bin/sync
	isnt sync /nonexistent
}

# The dispatcher has the name.
is_ours() {
	flushes
	is cmp /usr/bin/sync /usr/libexec/sync-is-syncc/sync
	[ "$(sync help | head -n 1)" = "usage: sync COMMAND [OPTIONS] [OPERANDS]" ] || wrong "sync help is not the client's"
	sync --version | grep -q coreutils || wrong "sync --version is not coreutils'"
	isnt env SUDO_COMMAND=x sync help
	[ "$(dpkg-divert --listpackage /bin/sync) $(dpkg-divert --listpackage /usr/bin/sync)" = "sync-is-syncc sync-is-syncc" ] ||
		wrong "diversions"
	dpkg -V coreutils sync-is-syncc >/tmp/out || :
	[ ! -s /tmp/out ] || wrong "dpkg -V: $(cat /tmp/out)"
}

# All is as if we had never been there.
is_theirs() {
	flushes
	[ "$(sha256sum </usr/bin/sync)" = "${1:-$(cat /root/first)}" ] || wrong "/usr/bin/sync is not coreutils'"
	[ -z "$(dpkg-divert --listpackage /bin/sync)$(dpkg-divert --listpackage /usr/bin/sync)" ] || wrong "diversions are left"
	[ "$(echo /usr/bin/sync.*)" = "/usr/bin/sync.*" ] || wrong "files are left"
	dpkg -V coreutils >/tmp/out || :
	[ ! -s /tmp/out ] || wrong "dpkg -V: $(cat /tmp/out)"
}

# The coreutils of this release, and one that ships /usr/bin/sync as later ones do.
set_up() {
	sha256sum </usr/bin/sync >/root/first
	now=$(echo /root/coreutils_*.deb)
	mkdir -p /root/later
	if [ ! -e /root/later/coreutils.deb ]; then
		dpkg-deb -R "$now" /root/later/tree
		mkdir -p /root/later/tree/usr/bin
		mv /root/later/tree/bin/* /root/later/tree/usr/bin/
		rmdir /root/later/tree/bin
		sed -i 's/^Version: .*/&+later/' /root/later/tree/DEBIAN/control
		sed -i 's,  bin/,  usr/bin/,' /root/later/tree/DEBIAN/md5sums
		dpkg-deb -b --root-owner-group /root/later/tree /root/later/coreutils.deb >/dev/null
		rm -rf /root/later/tree
	fi
	later=/root/later/coreutils.deb
}
