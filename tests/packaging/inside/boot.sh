# In the booted system: the service as an administrator meets it.  Run by a unit of its own (50-boot.sh).
set -eu
export HOME=/root
cd /root
unset SUDO_COMMAND || :
. /root/check/service.sh
echo began >/root/began

say "apt install: the service runs, as its own user, on systemd's socket"
apt-get install -qq -y --no-install-recommends /root/debs/*.deb
systemctl is-active syncd.socket syncd.service
systemctl is-enabled syncd.socket syncd.service
systemd-analyze verify --man=no syncd.service syncd.socket >verified 2>&1
if [ -s verified ]; then wrong "$(cat verified)"; fi
[ "$(stat -c %U "/proc/$(pid)")" = syncd ]
status_is() { grep -qxP "$1:\t$2" "/proc/$(pid)/status" || wrong "$(cat "/proc/$(pid)/status")"; }
status_is CapEff 0000000000000000
status_is CapBnd 0000000000000000
status_is NoNewPrivs 1
status_is Seccomp 2
[ "$(readlink "/proc/$(pid)/ns/net")" != "$(readlink /proc/1/ns/net)" ] || wrong "it has the network of the system"
[ "$(stat -c '%U %a' /var/lib/syncd)" = 'syncd 700' ]
exposure=$(systemd-analyze security syncd.service --no-pager | sed -n 's/^.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
echo "exposure $exposure"
case $exposure in 0.[0-3]) ;; *) wrong "systemd-analyze security: $exposure" ;; esac

say "the promise: invite, login, push, rm; a bare sync flushes"
link=$(syncd invite ann)
case $link in https://*'/#ann:'*'~sha256//'*) ;; *) wrong "link $link" ;; esac
sync login "$link"
mkdir image
echo one >file.txt
echo two >image/123
sync push file.txt image/123
sync pull file.txt -o copy.txt
cmp file.txt copy.txt
sync rm image/123
sync
sync -f /
not_said

say "the watch as a user's service: both ways, back after a kill, and an end that is no failure"
useradd --create-home bea
loginctl enable-linger bea
as_bea() { runuser -u bea -- env -C /home/bea HOME=/home/bea "XDG_RUNTIME_DIR=/run/user/$(id -u bea)" "$@"; }
unit="sync-watch@$(systemd-escape --path '/home/bea/my docs').service"
is() { [ "$(as_bea systemctl --user show -p "$1" --value "$unit")" = "$2" ]; }
has() { [ "$(as_bea sync cat "$1" 2>/dev/null)" = "$2" ]; }
holds() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
until_true "no systemd of the user's" as_bea systemctl --user show -p Version
as_bea sync login "$(syncd invite bea --rights write:/)"
as_bea sync mkdir /docs
as_bea sync clone /docs '/home/bea/my docs'
as_bea mkdir -p ".config/systemd/user/sync-watch@.service.d"
echo '[Service]
RestartSec=1' | as_bea tee '.config/systemd/user/sync-watch@.service.d/soon.conf'
as_bea systemctl --user daemon-reload
as_bea systemctl --user enable --now "$unit"
until_true "the watch does not run" is ActiveState active
echo here | as_bea tee 'my docs/a'
until_true "what is here is not there" has /docs/a here
echo there | as_bea sync push - /docs/b
until_true "what is there is not here" holds '/home/bea/my docs/b' there
kill -9 "$(as_bea systemctl --user show -p MainPID --value "$unit")"
echo meanwhile | as_bea tee 'my docs/c'
until_true "it did not come back" has /docs/c meanwhile
as_bea systemctl --user stop "$unit"
is ActiveState inactive
is Result success
as_bea sync rm --recursive -y /docs
syncd user rm bea
loginctl disable-linger bea

say "every command of an administrator, on the running server"
administer
not_said

say "reload: a new config is taken, one with a mistake is refused and said, and the server goes on"
echo 'max-uploads = 17' >/etc/syncd/conf.d/test.conf
systemctl reload syncd
syncd config show | grep -q '^max-uploads = 17'
echo 'max-uplaods = 17' >/etc/syncd/conf.d/test.conf
if systemctl reload syncd; then wrong "a config with a mistake was taken"; fi
systemctl is-active syncd.service
echo three >file.txt
sync push file.txt
rm /etc/syncd/conf.d/test.conf
systemctl reload syncd

say "restarts and upgrades under load drop no request"
load_begin
for turn in 1 2 3 4 5 6 7 8; do systemctl restart syncd; done
dpkg -i /root/newer/*.deb
dpkg -i /root/debs/*.deb
load_end
[ "$(systemctl show -P NRestarts syncd)" = 0 ]

say "killed, and stopped dead: it comes back, and what was acknowledged is there"
kill -9 "$(pid)"
answers
sync pull --force file.txt -o copy.txt
cmp file.txt copy.txt
drop_in syncd.service watchdog.conf '[Service]' 'WatchdogSec=2s'
systemctl restart syncd
before=$(systemctl show -P NRestarts syncd)
kill -STOP "$(pid)"
until_true "the watchdog" sh -c "[ \"\$(systemctl show -P NRestarts syncd)\" -gt $before ]"
answers
journalctl -u syncd | grep -q -i watchdog
drop_out syncd.service

say "stopped, the socket still listens, and the first request starts it"
systemctl stop syncd.service
answers
systemctl is-active syncd.service

say "a certificate of root's, handed over"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=files.test -addext subjectAltName=DNS:files.test \
	-keyout /etc/syncd/tls/tls.key -out /etc/syncd/tls/tls.crt 2>/dev/null
chmod 600 /etc/syncd/tls/tls.key
systemctl try-restart syncd
[ "$(curl -sS --cacert /etc/syncd/tls/tls.crt --connect-to files.test:8443:127.0.0.1:8443 https://files.test:8443/.sync/readyz)" = ready ]
rm /etc/syncd/tls/tls.key
systemctl try-restart syncd || :
until_true "the reason in the journal" sh -c 'journalctl -u syncd | grep -q "hold tls.crt but no tls.key"'
rm /etc/syncd/tls/tls.crt
systemctl restart syncd
answers

say "no call that the unit forbids: with the filter set to kill, and without the server's own, it all goes on"
drop_in syncd.service strict.conf '[Service]' 'SystemCallErrorNumber=kill'
echo 'sandbox = no' >/etc/syncd/conf.d/test.conf
systemctl restart syncd
load_begin
administer
syncd invite carl
syncd reload
syncd user rm carl
head -c 30000000 /dev/urandom >large
sync push large
sync pull large -o large.again
cmp large large.again
sync mkdir many
sync mv large many/large
sync cp many/large many/again
sync ls -R / >listed
sync rm -R many/ -y
systemctl reload syncd
load_end
[ "$(systemctl show -P NRestarts syncd)" = 0 ] || wrong "killed: $(journalctl -u syncd -n 20 --no-pager)"
rm /etc/syncd/conf.d/test.conf
drop_out syncd.service

say "the examples"
cp /usr/share/doc/syncd/examples/network.conf /root/
mkdir -p /etc/systemd/system/syncd.service.d /etc/systemd/system/syncd.socket.d
cp /usr/share/doc/syncd/examples/network.conf /etc/systemd/system/syncd.service.d/
systemctl daemon-reload
systemctl restart syncd
answers
[ "$(readlink "/proc/$(pid)/ns/net")" = "$(readlink /proc/1/ns/net)" ]
drop_out syncd.service
cp /usr/share/doc/syncd/examples/proxy.conf /etc/systemd/system/syncd.socket.d/
systemctl daemon-reload
systemctl stop syncd.service syncd.socket
systemctl start syncd.socket syncd.service
[ "$(curl -sS --unix-socket /run/syncd.proxy http://files.test/.sync/readyz)" = ready ]
[ "$(stat -c '%G %a' /run/syncd.proxy)" = 'www-data 660' ]
systemctl stop syncd.service syncd.socket
drop_out syncd.socket
systemctl start syncd.socket
answers

say "a user's own server and client are not touched by any of it"
useradd -m dora
su dora -c 'cd && echo x >f && syncd serve --run "sync push f && sync cat f"' | grep -qx x

say "passwords of the system, by PAM: the service as it is, and for pam_unix by the example"
basic() { curl -sSk --max-time 60 -o /dev/null -w '%{http_code}' -u "$1" https://127.0.0.1:8443/; }
echo 'dora:a password of the system' | chpasswd
syncd user add dora --rights write:/
printf '%s\n' 'auth required pam_permit.so' 'account required pam_permit.so' >/etc/pam.d/syncd
echo 'pam = syncd' >/etc/syncd/conf.d/test.conf
systemctl restart syncd
answers
[ "$(basic dora:whatever)" = 200 ]
cp /usr/share/doc/syncd/examples/pam /etc/pam.d/syncd
mkdir -p /etc/systemd/system/syncd.service.d
cp /usr/share/doc/syncd/examples/pam-root.conf /etc/systemd/system/syncd.service.d/
systemctl daemon-reload
systemctl restart syncd
answers
[ "$(basic 'dora:a password of the system')" = 200 ]
[ "$(basic 'dora:another password')" = 401 ]
[ "$(stat -c %U "/proc/$(pid)")" = syncd ]
status_is CapEff 0000000000000000
status_is NoNewPrivs 1
[ -z "$(find /var/lib/syncd ! -user syncd)" ] || wrong "$(find /var/lib/syncd ! -user syncd -ls)"
chage -E 0 dora # what was right is believed for a while, but not by a new server
systemctl restart syncd
answers
[ "$(basic 'dora:a password of the system')" = 401 ]
systemctl stop syncd
until_true "nobody is left who asks PAM" sh -c '! pgrep syncd-pam'
rm /etc/syncd/conf.d/test.conf
drop_out syncd.service
answers

say "the store from its backup: still the service's own"
systemctl stop syncd.service syncd.socket
mv /var/lib/syncd /var/lib/syncd.away
install -d -o syncd -g syncd -m 700 /var/lib/syncd
syncd restore /root/copies/backup
[ -z "$(find /var/lib/syncd ! -user syncd)" ] || wrong "$(find /var/lib/syncd ! -user syncd -ls)"
systemctl start syncd.socket syncd.service
answers
syncd fsck

say "no store yet and nothing started: the first command of an administrator has it made"
systemctl stop syncd.service
rm -rf /var/lib/syncd
install -d -o syncd -g syncd -m 700 /var/lib/syncd
syncd invite zoe --rights write:/ | grep '#zoe:'
systemctl is-active syncd.service
systemctl stop syncd.service
syncd user ls | grep -q '^zoe'
if systemctl is-active syncd.service; then wrong "a stopped server with a store was started"; fi
systemctl stop syncd.socket
rm -rf /var/lib/syncd
install -d -o syncd -g syncd -m 700 /var/lib/syncd
if syncd invite zoe >said 2>&1; then wrong "invited where nothing is"; fi
grep -q 'systemctl start syncd' said
systemctl start syncd.socket syncd.service

say "remove, purge: the store stays"
apt-get remove -qq -y syncd
[ ! -e /run/systemd/units/invocation:syncd.service ] || ! systemctl is-active --quiet syncd.service
[ -d /var/lib/syncd ]
dpkg -P syncd >said 2>&1
grep -q 'kept /var/lib/syncd' said
systemctl is-failed syncd.service || :
echo "all as an administrator expects" >/root/result
