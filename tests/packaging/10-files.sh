# The packages as they lie there: what is in them, and what can be told of it without installing it.
. "$TOP/tests/packaging/lib.sh"
unpack() { rm -rf "$1" && mkdir "$1" && dpkg-deb -x "$debs"/$1_*.deb "$1"; }
unpack syncd
unpack syncc
unpack sync-is-syncc

# `apt install ./build/deb/*.deb` takes three packages, and no debug symbols; those lie beside.
[ "$(ls "$debs"/*.deb | wc -l)" = 3 ]
[ "$(ls "$debs"/debug/*-dbgsym_*.deb | wc -l)" = 3 ]
ls "$debs"/*.dsc "$debs"/*.orig.tar.xz "$debs"/*.debian.tar.xz

# The dispatcher's package owns nothing that coreutils owns.
find sync-is-syncc -type f | grep -E '/bin/' && fail "a file in bin"
[ -x sync-is-syncc/usr/libexec/sync-is-syncc/sync ]
[ "$(dpkg-deb -f "$debs"/syncd_*.deb Architecture)" = "$(dpkg --print-architecture)" ]
dpkg-deb -I "$debs"/syncd_*.deb conffiles | grep -qx /etc/syncd/syncd.conf
for file in syncd/lib/systemd/system/syncd.service syncd/lib/systemd/system/syncd.socket syncd/usr/lib/sysusers.d/syncd.conf \
	syncd/usr/lib/tmpfiles.d/syncd.conf syncd/etc/apparmor.d/syncd syncd/etc/ufw/applications.d/syncd \
	syncd/usr/share/doc/syncd/examples/network.conf syncd/usr/share/doc/syncd/examples/proxy.conf \
	syncd/usr/share/doc/syncd/examples/nginx.conf syncd/usr/share/doc/syncd/examples/haproxy-tcp.cfg syncd/usr/share/doc/syncd/examples/haproxy-http.cfg; do
	[ -f "$file" ]
done

# A user's own unit, which nobody starts for him.
grep -qx 'ExecStart=/usr/bin/syncc watch %f' syncc/usr/lib/systemd/user/sync-watch@.service

# The config is one that the server takes.
syncd/usr/bin/syncd config check syncd/etc/syncd/syncd.conf

# The unit: hardly anything is left to it; and its profile is one that AppArmor takes.
if command -v systemd-analyze; then
	systemd-analyze security --offline=true --threshold=3 --no-pager syncd/lib/systemd/system/syncd.service
fi
if command -v apparmor_parser; then apparmor_parser --skip-kernel-load --skip-cache syncd/etc/apparmor.d/syncd; fi

# Completions: each for its own name, where the shells look for it.
complete_bash() { bash -c '. "$1"; COMP_WORDS=("$2" pu); COMP_CWORD=1; _$2; echo "${COMPREPLY[*]}"' - "$1" "$2"; }
[ "$(complete_bash syncc/usr/share/bash-completion/completions/syncc syncc)" = "push pull" ]
[ "$(complete_bash sync-is-syncc/usr/share/bash-completion/completions/sync sync)" = "push pull" ]
grep -qx '#compdef syncc' syncc/usr/share/zsh/vendor-completions/_syncc
grep -qx '#compdef sync' sync-is-syncc/usr/share/zsh/vendor-completions/_sync
grep -q '^complete -c syncc .* -a push' syncc/usr/share/fish/vendor_completions.d/syncc.fish
grep -q '^complete -c sync .* -a push' sync-is-syncc/usr/share/fish/vendor_completions.d/sync.fish
if command -v zsh; then
	zsh -n syncc/usr/share/zsh/vendor-completions/_syncc
	zsh -n sync-is-syncc/usr/share/zsh/vendor-completions/_sync
fi
if command -v fish; then
	HOME=$PWD fish -c 'source syncc/usr/share/fish/vendor_completions.d/syncc.fish; complete -C "syncc pu"' | cut -f1 >found
	printf 'pull\npush\n' | cmp - found
	HOME=$PWD fish -c 'source sync-is-syncc/usr/share/fish/vendor_completions.d/sync.fish; complete -C "sync push --fo"' | grep -q '^--force'
fi
