# In the chroot: install, use without the service, remove, purge.
find / -xdev -not -path '/proc/*' -not -path '/root/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' \
	-not -path '/var/cache/*' -not -path '/var/lib/apt/*' -not -path '/tmp/*' | sort >/root/before
apt-get install -qq -y --no-install-recommends /root/debs/*.deb
[ "$(stat -c '%U:%G %a' /var/lib/syncd)" = 'syncd:syncd 700' ]
[ "$(stat -c '%U:%G %a' /etc/syncd/tls)" = 'root:root 700' ]
[ "$(getent passwd syncd | cut -d: -f6,7)" = /var/lib/syncd:/usr/sbin/nologin ]
syncd config check
# An administrator's change to the config outlives an upgrade.
echo 'max-uploads = 17' >>/etc/syncd/syncd.conf
dpkg -i /root/debs/syncd_*.deb
grep -qx 'max-uploads = 17' /etc/syncd/syncd.conf

# Remove, and purge with nothing stored: nothing is left but the user.
apt-get purge -qq -y syncd syncc sync-is-syncc >/root/said 2>&1
find / -xdev -not -path '/proc/*' -not -path '/root/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' \
	-not -path '/var/cache/*' -not -path '/var/lib/apt/*' -not -path '/tmp/*' | sort >/root/after
comm -13 /root/before /root/after | grep -vE '^/etc/(passwd-?|group-?|g?shadow-?|subuid-?|subgid-?|\.pwd\.lock)$' >/root/left || :
cat /root/left
[ ! -s /root/left ]
getent passwd syncd

# With a store and a key they stay, and it says so.
dpkg -i /root/debs/syncd_*.deb
echo file >/var/lib/syncd/store.db
echo key >/etc/syncd/tls/tls.key
dpkg -P syncd >/root/said 2>&1
grep -q 'kept /var/lib/syncd' /root/said
grep -q 'kept /etc/syncd/tls' /root/said
[ -e /var/lib/syncd/store.db ]
[ -e /etc/syncd/tls/tls.key ]
[ ! -e /etc/syncd/syncd.conf ]
