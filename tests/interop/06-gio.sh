# gio: GNOME's client (gvfs, libsoup) in a session bus of its own.
. "$TOP/tests/lib/interop.sh"

case ${1:-} in
'')
	need gio dbus-run-session
	[ -x /usr/libexec/gvfsd-dav ] || [ -x /usr/lib/gvfs/gvfsd-dav ] || { echo "gvfs-backends is not installed"; exit 1; }
	exec syncd serve --no-tls --listen 127.0.0.1:0 --run "sh -eux '$0' bus"
	;;
bus)
	# A socket's path has room for 107 bytes.
	run=$(mktemp -d)
	trap 'rm -rf "$run"' EXIT
	HOME=$PWD XDG_RUNTIME_DIR=$run GIO_USE_VOLUME_MONITOR=unix timeout 300 dbus-run-session -- sh -eux "$0" inside
	exit
	;;
esac

url=dav://${SYNC_URL#http://}
printf '%s\n%s\n' "$(id -un)" "$SYNC_TOKEN" | gio mount "$url"
head -c 1500000 /dev/urandom >up
gio copy up "${url}up.bin"
gio mkdir "${url}dir"
gio move "${url}up.bin" "${url}dir/moved.bin"
gio cat "${url}dir/moved.bin" | cmp - up
gio info "${url}dir/moved.bin" | grep "etag::value: .$(sha256sum <up | cut -d' ' -f1)"
gio info "${url}dir/moved.bin" | grep 'standard::size: 1500000'
gio copy "${url}dir/moved.bin" down
cmp up down
gio rename "${url}dir/moved.bin" 'a name with spaces & ümläuts.bin'
gio list "${url}dir" | grep -x 'a name with spaces & ümläuts.bin'
echo again | gio save "${url}dir/saved"
echo more | gio save "${url}dir/saved"
[ "$(gio cat "${url}dir/saved")" = more ]
gio remove "${url}dir/saved"
[ "$(gio list "${url}dir" | wc -l)" = 1 ]
gio mount -u "$url"
