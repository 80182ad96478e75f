# `make install` and `make uninstall` for people without packages: all of it comes, all of it goes.
. "$TOP/tests/packaging/lib.sh"
cd "$TOP"
out=$OLDPWD/out
make -s install DESTDIR="$out" PREFIX=/usr/local MODE="${MODE:-release}" >/dev/null
cd - >/dev/null
(cd out && find . -type f | sort) >installed
sort >expected <<'END'
./usr/local/bin/sync
./usr/local/bin/syncc
./usr/local/bin/syncd
./usr/local/lib/systemd/user/sync-watch@.service
./usr/local/share/bash-completion/completions/sync
./usr/local/share/bash-completion/completions/syncc
./usr/local/share/fish/vendor_completions.d/sync.fish
./usr/local/share/fish/vendor_completions.d/syncc.fish
./usr/local/share/man/man1/syncc.1
./usr/local/share/man/man5/sync.conf.5
./usr/local/share/man/man5/syncd.conf.5
./usr/local/share/man/man7/sync-protocol.7
./usr/local/share/man/man8/syncd.8
./usr/local/share/zsh/site-functions/_sync
./usr/local/share/zsh/site-functions/_syncc
END
diff expected installed
for file in out/usr/local/bin/*; do [ -x "$file" ]; done
[ "$(stat -c %a out/usr/local/share/man/man8/syncd.8)" = 644 ]
grep -qx 'ExecStart=/usr/local/bin/syncc watch %f' out/usr/local/lib/systemd/user/sync-watch@.service
bin=$PWD/out/usr/local/bin
unset SUDO_COMMAND
# The dispatcher: our words to the client beside it, all else to the system's.
"$bin/sync" help | grep -q '^usage: sync COMMAND'
"$bin/sync" --version | grep -q coreutils
"$bin/sync"
# It comes first in everybody's PATH, and works all the same for who has no environment at all.
env -i "$bin/sync" -f /

make -s -C "$TOP" uninstall DESTDIR="$out" PREFIX=/usr/local
find out -type f >left
not [ -s left ]
# Twice is no error.
make -s -C "$TOP" uninstall DESTDIR="$out" PREFIX=/usr/local
