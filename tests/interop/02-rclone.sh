# rclone as a plain WebDAV client and as ownCloud's and Nextcloud's: copy, check, sync both ways, names of every kind.
. "$TOP/tests/lib/interop.sh"

if [ "${1:-}" != inside ]; then
	need rclone
	exec syncd serve --run "sh -eux '$0' inside"
fi

export RCLONE_CONFIG=$PWD/rclone.conf RCLONE_NO_CHECK_CERTIFICATE=true RCLONE_CACHE_DIR=$PWD/cache
pass=$(rclone obscure "$SYNC_TOKEN") user=$(id -un)
for vendor in other owncloud nextcloud; do
	case $vendor in
	other) url=$SYNC_URL ;;
	*)     url=${SYNC_URL}remote.php/dav/files/$user/ ;;
	esac
	printf '[%s]\ntype = webdav\nurl = %s\nvendor = %s\nuser = %s\npass = %s\n' "$vendor" "$url" "$vendor" "$user" "$pass"
done >rclone.conf

mkdir -p tree/sub tree/a/b/c/d tree/odd
echo one >tree/one
: >tree/empty
head -c 3000000 /dev/urandom >tree/sub/big
echo deep >tree/a/b/c/d/deep
for name in 'a b' 'a%20b' 'a#b' 'a?b' 'a+b' 'a&b' 'a;b' "a'b" 'a"b' 'é' '日本' '😀' 'dot.' '.hidden' 'back\slash' ' lead' 'trail ' '[x]' '{y}' '~z' 'a:b' 'a*b' 'a|b' \
	"$(printf '%0250d' 1)"; do
	echo "$name" >"tree/odd/$name"
done
touch -d '2001-02-03 04:05:06' tree/one

for vendor in other owncloud nextcloud; do
	rclone copy tree "$vendor:$vendor"
	rclone check tree "$vendor:$vendor" 2>check.log || { cat check.log; exit 1; }
	rclone check --download tree "$vendor:$vendor"
	rclone copy "$vendor:$vendor" "back-$vendor"
	diff -r tree "back-$vendor"
	# Nothing is sent twice: times, or sizes, agree.
	rclone sync -v tree "$vendor:$vendor" 2>sync.log
	if grep -E ': (Copied|Updated|Deleted)' sync.log; then exit 1; fi
	# Changes and removals arrive.
	cp -a tree "changed-$vendor"
	echo other >"changed-$vendor/one"
	rm -r "changed-$vendor/odd" "changed-$vendor/empty"
	rclone sync "changed-$vendor" "$vendor:$vendor"
	rclone check "changed-$vendor" "$vendor:$vendor"
	rclone moveto "$vendor:$vendor/sub" "$vendor:$vendor/moved"
	rclone copyto "$vendor:$vendor/moved/big" "$vendor:$vendor/again"
	[ "$(rclone cat "$vendor:$vendor/again" | sha256sum)" = "$(sha256sum <tree/sub/big)" ]
	if rclone lsf "$vendor:$vendor/sub"; then exit 1; fi
done

# As ownCloud's client it keeps times and compares hashes.
for vendor in owncloud nextcloud; do
	rclone copy tree "$vendor:kept-$vendor"
	rclone lsl "$vendor:kept-$vendor/one" | grep -F '2001-02-03 04:05:06'
	[ "$(rclone hashsum sha1 "$vendor:kept-$vendor/sub/big" | cut -d' ' -f1)" = "$(sha1sum tree/sub/big | cut -d' ' -f1)" ]
	rclone check tree "$vendor:kept-$vendor" 2>check.log
	if grep 'could not be checked' check.log; then exit 1; fi
done

# bisync: what each side changed goes to the other.
mkdir -p two
rclone copy owncloud:kept-owncloud two
rclone bisync --resync two owncloud:kept-owncloud
echo here >two/here
rclone rcat owncloud:kept-owncloud/there <tree/one
rclone bisync two owncloud:kept-owncloud
[ "$(rclone cat owncloud:kept-owncloud/here)" = here ]
[ "$(cat two/there)" = one ]

# Many small files by several transfers at once.
mkdir many
for i in $(seq 500); do echo "$i" >"many/$i"; done
rclone copy --transfers 8 many other:many
rclone check many other:many
rclone purge other:many
if rclone lsf other:many; then exit 1; fi
