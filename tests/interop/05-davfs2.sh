# davfs2: the tree mounted, files written, moved and removed through the kernel; needs root and /dev/fuse.
. "$TOP/tests/lib/interop.sh"

if [ "${1:-}" != inside ]; then
	need mount.davfs
	[ "$(id -u)" = 0 ] || { echo "mounting is root's"; exit 77; }
	[ -c /dev/fuse ] || { echo "no /dev/fuse here"; exit 77; }
	work=$(mktemp -d)
	trap 'if mountpoint -q "$work/mnt"; then umount "$work/mnt"; fi; rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
	chmod 755 "$work"
	syncd serve --no-tls --listen 127.0.0.1:0 --run "sh -eux '$0' inside '$work'"
	exit
fi

cd "$2"
mkdir -m 777 mnt cache
printf 'cache_dir %s/cache\nsecrets %s/secrets\nask_auth 0\ndelay_upload 0\n' "$PWD" "$PWD" >conf
echo "$SYNC_URL $(id -un) $SYNC_TOKEN" >secrets
chmod 600 secrets
mount_it() {
	mount -t davfs -o "conf=$PWD/conf" "$SYNC_URL" mnt 2>mount.log && return
	cat mount.log
	grep -iE 'permitted|fuse' mount.log && exit 77
	exit 1
}
token() { curl -sf -H "Authorization: Bearer $SYNC_TOKEN" "$@"; }

mount_it
mkdir -p mnt/dir/below
head -c 2000000 /dev/urandom >big
cp big mnt/dir/big
echo hello >'mnt/a name with ümläuts & more'
echo one >mnt/file
echo two >>mnt/file
mv mnt/dir mnt/moved
cp big mnt/gone
rm mnt/gone
# An editor's way: a new file over the old one.
echo new >mnt/file.tmp
mv mnt/file.tmp mnt/file
umount mnt

token "${SYNC_URL}moved/big" | cmp - big
[ "$(token "${SYNC_URL}file")" = new ]
[ "$(token "$SYNC_URL" | wc -l)" = 3 ]
[ "$(token "${SYNC_URL}moved/" | wc -l)" = 2 ]

# What was written elsewhere is read, and the names are there; reading a folder fails with EINVAL on some kernels, whatever
# the server: then it says nothing about ours.
echo elsewhere | token -T - "${SYNC_URL}elsewhere"
mount_it
[ "$(cat mnt/elsewhere)" = elsewhere ]
cmp mnt/moved/big big
if ls mnt >names 2>ls.log; then
	grep elsewhere names
else
	grep 'Invalid argument' ls.log
	echo 'not seen: listing a folder through davfs2, which this kernel answers with EINVAL'
fi
umount mnt
