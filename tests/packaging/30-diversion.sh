# The name `sync` in a chroot: install, reinstall, upgrade, coreutils up and down, remove, purge; never a moment without it.
. "$TOP/tests/packaging/lib.sh"
need cc dpkg-deb
need_base
new_root
newer "$debs"/sync-is-syncc_*.deb root/root/newer
newer "$debs"/syncc_*.deb root/root/newer
cc -O2 -o watcher "$TOP/tests/packaging/watcher.c"
./watcher root/usr/bin/sync >watched &
watcher=$!
code=0
in_root sh /root/check/diversion.sh || code=$?
kill "$watcher"
wait "$watcher" || code=1
cat watched
[ $code = 0 ]
# It did look.
grep -qE '^[0-9]{5,} looks, 0 misses' watched
