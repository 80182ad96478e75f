# What the compiler can do against exploits is in all that we ship.
. "$TOP/tests/packaging/lib.sh"
need hardening-check readelf
for package in syncd syncc sync-is-syncc; do dpkg-deb -x "$debs"/${package}_*.deb root; done
for file in root/usr/bin/syncd root/usr/bin/syncc root/usr/libexec/sync-is-syncc/sync; do
	hardening-check "$file" >found || :
	cat found
	for line in 'Position Independent Executable' 'Stack protected' 'Read-only relocations' 'Immediate binding'; do
		grep -q "^ $line: yes" found
	done
	grep -q '^ Fortify Source functions: yes' found
	readelf -lW "$file" >segments
	grep -q 'GNU_STACK .* RW ' segments
done

# The linked file carries the mark for control flow only if the C library's start files do, and Debian 12's do not.  So each
# object is asked; and what was told to the compiler, which it writes down in the debug symbols.
objects=$(find "$work"/syncd-*/build/release -name '*.o')
[ "$(echo "$objects" | wc -l)" -gt 150 ]
case $(dpkg --print-architecture) in
amd64|i386)
	for object in $objects; do readelf -nW "$object" | grep -q 'x86 feature: IBT, SHSTK' || fail "$object has no CET"; done ;;
arm64)
	for object in $objects; do readelf -nW "$object" | grep -q 'AArch64 feature: BTI, PAC' || fail "$object has no BTI"; done ;;
esac
for object in $objects; do
	readelf -W --debug-dump=info "$object" 2>/dev/null | grep -m 1 DW_AT_producer | grep -q -e '-fstack-clash-protection' ||
		fail "$object has no stack clash protection"
done
