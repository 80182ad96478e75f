# In the chroot: every command of the maintainer scripts fails, or the power goes, at each of its calls.
# Whatever happens, `sync` works; what was interrupted can be done again; and at the end all is as it was.
. /root/check/states.sh
set_up
mkdir -p /fault
for tool in dpkg-divert dpkg-query cp cmp mv rm; do
	real=$(command -v $tool)
	cat >/fault/$tool <<END
#!/bin/sh
if [ "\$FAULT_TOOL" = $tool ]; then
	echo x >>/fault/calls
	if [ "\$(wc -l </fault/calls)" -eq "\$FAULT_CALL" ]; then
		echo x >/fault/happened
		[ "\$FAULT_KIND" = fail ] || kill -9 \$PPID
		exit 1
	fi
fi
exec $real "\$@"
END
	chmod +x /fault/$tool
done
# faulty TOOL CALL KIND COMMAND...: false when the call was not reached; its own failure is what is tested.
faulty() {
	export FAULT_TOOL="$1" FAULT_CALL="$2" FAULT_KIND="$3"
	shift 3
	rm -f /fault/calls /fault/happened
	PATH=/fault:$PATH "$@" >/tmp/faulty 2>&1 || :
	FAULT_TOOL=none
	[ -e /fault/happened ]
}
injected=0
after() {
	injected=$((injected + 1))
	echo "$*"
	flushes
}

dpkg -i /root/debs/syncc_*.deb >/dev/null
for tool in dpkg-divert dpkg-query cp cmp mv; do
	for kind in fail kill; do
		for call in 1 2 3 4 5 6 7 8 9; do
			dpkg --unpack /root/debs/sync-is-syncc_*.deb >/dev/null 2>&1
			if ! faulty $tool $call $kind dpkg --configure sync-is-syncc; then break; fi
			after "install: $tool, call $call, $kind"
			is dpkg --configure -a
			is_ours
			is dpkg -P sync-is-syncc
			is_theirs
		done
		is dpkg -P sync-is-syncc
	done
done
for tool in dpkg-divert cp cmp mv rm; do
	for kind in fail kill; do
		for call in 1 2 3 4 5 6 7 8 9; do
			is dpkg -i /root/debs/sync-is-syncc_*.deb
			if ! faulty $tool $call $kind dpkg -r sync-is-syncc; then break; fi
			after "remove: $tool, call $call, $kind"
			is dpkg --configure -a
			is dpkg -r sync-is-syncc
			is_theirs
		done
	done
done
is dpkg -P sync-is-syncc
is_theirs
[ $injected -ge 30 ]
echo "$injected faults, none harmful"
