# lintian over the source and the binaries: nothing but what packaging/debian overrides with a reason.
. "$TOP/tests/packaging/lib.sh"
need lintian
lintian --version
root=
if [ "$(id -u)" = 0 ]; then root=--allow-root; fi
lintian $root --pedantic --display-info --display-experimental "$work"/*.changes >found 2>words || :
cat found words
not grep '^[EWIPX]: ' found
not [ -s words ]
# Each override is still needed.
lintian $root --pedantic --display-info --display-experimental --show-overrides "$work"/*.changes | grep '^O: ' | sort >overridden
cat overridden
