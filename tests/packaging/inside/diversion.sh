# In the chroot: the name through everything that can happen to the packages.
. /root/check/states.sh
say() { echo "--- $*"; }
set_up
us=$(echo /root/debs/*.deb)
newer=$(echo /root/newer/sync-is-syncc_*.deb)

say install
apt-get install -qq -y --no-install-recommends $us
is_ours
say reinstall
dpkg -i /root/debs/sync-is-syncc_*.deb
is_ours
say "upgrade, with another dispatcher"
dpkg -i /root/newer/*.deb
is_ours
say "coreutils again, as it is"
dpkg -i $now
is_ours
say "coreutils that ships /usr/bin/sync, as after a dist-upgrade"
dpkg -i $later
is_ours
[ -x /usr/bin/sync.coreutils ]
say "remove there"
apt-get remove -qq -y sync-is-syncc
is_theirs
is syncc version
say "install there"
dpkg -i $newer
is_ours
say "coreutils back to /bin/sync"
dpkg --force-downgrade -i $now
is_ours
say remove
dpkg -r sync-is-syncc
is_theirs
say "install, purge"
dpkg -i $newer
is_ours
dpkg -P sync-is-syncc
is_theirs

say "somebody else's diversion: stepped aside"
dpkg-divert --local --no-rename --divert /bin/sync.local --add /bin/sync
cp /usr/bin/sync /usr/bin/sync.local
dpkg -i $newer >/tmp/out 2>&1
grep -q 'already diverted' /tmp/out
flushes
[ "$(dpkg-divert --listpackage /bin/sync)" = LOCAL ]
[ "$(sha256sum </usr/bin/sync)" = "$(cat /root/first)" ]
dpkg -P sync-is-syncc
[ "$(dpkg-divert --listpackage /bin/sync)" = LOCAL ]
dpkg-divert --local --no-rename --remove /bin/sync
rm /usr/bin/sync.local
is_theirs

say "the original lost: the name goes on to flush, and nothing is removed before it is back"
dpkg -i $newer
rm /usr/bin/sync.coreutils-bin
flushes
isnt dpkg -r sync-is-syncc
grep -q 'reinstall coreutils' /tmp/out
flushes
dpkg -i $now
dpkg --configure -a
is_ours
dpkg -P sync-is-syncc
is_theirs

say "the client gone: 127, and no flush that was not asked for"
dpkg -i $newer
mv /usr/bin/syncc /usr/bin/syncc.away
code=0
sync push x >/tmp/out 2>&1 || code=$?
[ $code = 127 ]
grep -q 'sync ./push' /tmp/out
mv /usr/bin/syncc.away /usr/bin/syncc
apt-get purge -qq -y syncd syncc sync-is-syncc
is_theirs
echo "all states as they should be"
