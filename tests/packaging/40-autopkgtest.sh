# debian/tests: the smoke test of the installed packages, as a distribution runs it.
. "$TOP/tests/packaging/lib.sh"
need autopkgtest
need_base
new_root
# Nothing of it needs a network, and a mirror that is away is no failure of ours.
rm -f root/etc/apt/sources.list root/etc/apt/sources.list.d/*
# The tree with its tests alone: to unpack a source package, more would have to be installed there.
mkdir source
cp -R "$work"/syncd-*/debian source/
code=0
unshare --mount --propagation private sh -exc '
	mount -t proc proc "$0/root/proc"
	exec autopkgtest --no-built-binaries "$1"/*.deb "$0/source/" -- chroot "$0/root"
' "$PWD" "$debs" >log 2>&1 || code=$?
cat log
[ $code = 0 ]
grep -qE '^smoke +PASS' log
