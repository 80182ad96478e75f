# The packages in a system that boots: service, socket, restarts and upgrades under load, watchdog, credentials, system calls.
. "$TOP/tests/packaging/lib.sh"
need systemd-nspawn
need_base
new_root
for deb in "$debs"/*.deb; do newer "$deb" root/root/newer; done
echo bootcheck >root/etc/hostname
printf '127.0.0.1 localhost bootcheck\n' >root/etc/hosts
# Nothing in there needs a network.
rm -f root/etc/apt/sources.list root/etc/apt/sources.list.d/*
cat >root/etc/systemd/system/check.service <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -x /root/check/boot.sh
ExecStopPost=/bin/sh -c 'journalctl --no-pager -b -u syncd.service -u syncd.socket >/root/journal; systemctl --no-block poweroff'
StandardOutput=file:/root/log
StandardError=inherit
TimeoutStartSec=400
[Install]
WantedBy=check.target
END
cat >root/etc/systemd/system/check.target <<'END'
[Unit]
Requires=multi-user.target check.service
After=multi-user.target
AllowIsolate=yes
END
mkdir -p root/etc/systemd/system/check.target.wants
ln -s ../check.service root/etc/systemd/system/check.target.wants/
ln -sf check.target root/etc/systemd/system/default.target
# Only lo; of system calls, those too that this release's nspawn does not know to be harmless; no registration, so that several may run and none needs a systemd out here.
timeout --kill-after=10 440 systemd-nspawn --quiet --directory=root --boot --private-network --register=no --keep-unit --link-journal=no \
	--system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' --hostname=bootcheck --machine=bootcheck-$$ </dev/null >console 2>&1 || echo "systemd-nspawn: $?"
if [ ! -e root/root/began ]; then
	tail -n 20 console
	skip "systemd does not boot in a container here: $(grep -v '^ *$' console | tail -n 1 | tr -dc '[:print:]')"
fi
grep -v '^+' root/root/log
if [ ! -e root/root/result ]; then
	tail -n 40 root/root/journal || :
	tail -n 40 root/root/log
	fail "in the booted system"
fi
