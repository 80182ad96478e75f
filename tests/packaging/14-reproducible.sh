# A second build, elsewhere and by somebody with other habits, makes the same bytes.
. "$TOP/tests/packaging/lib.sh"
need dpkg-buildpackage
copy=$PWD/another-place/with.another_name
mkdir -p "$copy"
trap 'rm -rf "$copy"' EXIT
tar -C "$TOP" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" -xf -
version=$(sed -n 's/^VERSION := //p' "$TOP/Makefile")
# Other times and modes, as after a checkout of somebody careful.
find "$copy" -type f | sort -r | xargs touch -d 2001-01-01
chmod -R go= "$copy"
(
	cd "$copy"
	umask 077
	export TZ=Pacific/Chatham HOME=$PWD/home USER=somebody LANG=C DEB_BUILD_OPTIONS="nocheck parallel=1"
	packaging/build-deb "$version"
)
for file in "$debs"/*.deb "$debs"/*.dsc "$debs"/*.tar.xz "$debs"/debug/*.deb; do
	cmp "$file" "$copy/build/deb/${file#"$debs"/}"
done
