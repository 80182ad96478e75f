# In the booted system: asking the service, and loading it.  Sourced.
say() { echo "=== $*"; }
wrong() {
	echo "WRONG: $*"
	exit 1
}
pid() { systemctl show -P MainPID syncd.service; }

# until_true WHAT COMMAND...
until_true() {
	what=$1
	shift
	for try in $(seq 300); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	wrong "$what: not within 30 s"
}
ready() { [ "$(curl -sSk --max-time 10 https://127.0.0.1:8443/.sync/readyz)" = ready ]; }
answers() { until_true "an answer" ready; }

# Nothing that its operator would have to look at.
not_said() {
	journalctl -u syncd.service -p warning --no-pager -o cat >said
	if [ -s said ]; then wrong "the journal: $(cat said)"; fi
	# What the kernel lacks it may lack; what the unit forbids it may not.
	if journalctl -u syncd.service --no-pager -o cat | grep -E 'leave_out.*not permitted|keep core'; then wrong "the journal"; fi
}

# Each command that works on the running server, but for invite and reload.
administer() {
	syncd user add bea --rights read:/ --rights write:/bea
	syncd user ls | grep -q '^bea'
	syncd user rights bea --rights read:/
	echo a-long-password | syncd user passwd bea
	syncd token add bea --label t --days 1 >token
	syncd token ls --json >tokens
	syncd token rm "$(sed -n 's/.*"id":"\{0,1\}\([^",]*\)"\{0,1\}.*"label":"t".*/\1/p' tokens)"
	syncd user rm bea
	syncd quota / '1 GiB'
	syncd quota
	syncd quota / none
	sync lock file.txt
	syncd locks | grep -q file.txt
	syncd unlock "$(syncd locks --json | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')"
	syncd status | grep -q '/var/lib/syncd'
	syncd config check
	syncd journal | grep -q file.txt
	syncd fsck
	rm -rf /root/copies
	mkdir /root/copies
	syncd backup /root/copies/backup
	syncd export /root/copies/plain
	cmp /root/file.txt /root/copies/plain/file.txt
	mkdir /root/copies/more
	echo imported >/root/copies/more/imported.txt
	syncd import /root/copies/more
	[ "$(sync cat imported.txt)" = imported ]
	sync rm imported.txt
	syncd config show >shown
	grep -q '^store = /var/lib/syncd' shown
}

# drop_in UNIT FILE LINE...; drop_out UNIT: all of them.
drop_in() {
	mkdir -p "/etc/systemd/system/$1.d"
	to=/etc/systemd/system/$1.d/$2
	shift 2
	printf '%s\n' "$@" >"$to"
	systemctl daemon-reload
}
drop_out() {
	rm -rf "/etc/systemd/system/$1.d"
	systemctl daemon-reload
	case $1 in *.service) systemctl restart "$1" ;; esac
}

# Four who write and read without a pause, each request on a connection of its own or, the odd ones, ten on one.
load_one() {
	set +x # its output is what is looked at
	token=$(cat /root/load.token)
	while [ ! -e /root/load.stop ]; do
		set -- https://127.0.0.1:8443/load/"$1"
		if [ "${1##*/}" = 1 ] || [ "${1##*/}" = 3 ]; then set -- "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1"; fi
		curl -sSk --max-time 30 -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $token" -X PUT -d "$(date +%N)" "$1"
		curl -sSk --max-time 30 $(printf ' -o /dev/null %.0s' "$@") -w '%{http_code}\n' -H "Authorization: Bearer $token" "$@"
		set -- "${1##*/}"
	done >"/root/load.$1" 2>&1
}
load_begin() {
	rm -f /root/load.stop /root/load.[0-9]
	if [ ! -e /root/load.token ]; then
		syncd token add ann --label load >/root/load.token
		sync mkdir load
	fi
	for who in 1 2 3 4; do load_one $who & done
	until_true "the load" grep -q 204 /root/load.1 /root/load.2 /root/load.3 /root/load.4
}
load_end() {
	touch /root/load.stop
	wait
	cat /root/load.[0-9] | sort | uniq -c >/root/load.answers
	cat /root/load.answers
	# 201 and 204 for the writes, 200 for the reads; anything else was dropped.
	if grep -vE ' (200|201|204)$' /root/load.answers; then wrong "requests were dropped"; fi
	[ "$(cat /root/load.[0-9] | wc -l)" -gt 100 ]
}
