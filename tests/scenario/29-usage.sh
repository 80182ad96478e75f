# What the client says of itself: help, version, completion, wrong usage (2, before anything is done).
# (set -e sees neither a "! command" nor the first half of an "a && b": one command a line.)
not() { if "$@"; then exit 1; fi; }
export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state
unset SYNC_URL SYNC_TOKEN SYNC_REMOTE SYNC_CONFIG || true
fails() { want=$1; shift; code=0; "$@" >out 2>err || code=$?; [ "$code" = "$want" ] || { cat out err; exit 1; }; }

# No command: short help on stderr.
fails 2 syncc
[ ! -s out ]
grep -q 'push' err
syncc help >all
grep -q '^usage: syncc COMMAND' all
syncc --help | cmp - all
[ "$(syncc version)" = "$(syncc --version)" ]
syncc version --json | python3 -c 'import json,sys; json.load(sys.stdin)["version"]'

# Every command of the list has a help, by word and by option, which names no command that does not exist.
words=$(sed -n 's/^  \([a-z]*\) .*/\1/p' all)
for word in push pull rm stat cat login logout remote help version completion; do
	echo "$words" | grep -qx $word
done
for word in $words; do
	syncc help $word >one
	syncc $word --help | cmp - one
	syncc $word -h | cmp - one
	grep -q "^usage: syncc $word" one
done
not grep -rqE 'syncc (diff|undo)' all one

# It speaks of itself by the name it was called by.
ln -s "$BUILD/syncc" other
./other help | grep -q '^usage: other COMMAND'
fails 2 ./other push
grep -q '^other: ' err

# Wrong usage, and what was probably meant.
fails 2 syncc pshu file; grep -q 'no command "pshu"; did you mean push?' err
fails 2 syncc hlep; grep -q 'did you mean help' err
fails 2 syncc zzzzzz; not grep -q 'did you mean' err
for args in 'push' 'pull' 'rm' 'stat' 'cat' 'stat a b' 'push --output x a' 'push --nosuch a' 'push -Z a' 'pull a -o' 'push --color red a' \
	'version x' 'remote add x' 'remote frob' 'completion tcsh' 'help nosuch' 'logout x' 'login a b'; do
	fails 2 syncc $args
	[ ! -s out ]
	[ -s err ]
done
# No remote is known: the next step is named.
echo x >f
fails 2 syncc push f; grep -q 'syncc login LINK' err
# Nothing was made on the way.
[ ! -e config ]
[ ! -e state ]

# Options before the command, after operands, and their end.
syncc -q --color=never version >v1
syncc version -q --color never >v2
cmp v1 v2
fails 2 syncc -- push

# Completions are scripts of their shells, and know the words.
syncc completion bash >c.bash
bash -n c.bash
bash -c '. ./c.bash; COMP_WORDS=(syncc pu); COMP_CWORD=1; _syncc; echo "${COMPREPLY[*]}"' | grep -qx 'pull push\|push pull'
bash -c '. ./c.bash; COMP_WORDS=(syncc push --fo); COMP_CWORD=2; _syncc 2>/dev/null; echo "${COMPREPLY[*]}"' | grep -qx -- '--force'
bash -c '. ./c.bash; COMP_WORDS=(syncc help co); COMP_CWORD=2; _syncc; echo "${COMPREPLY[*]}"' | grep -qx 'completion'
syncc completion zsh >c.zsh
grep -qx '#compdef syncc' c.zsh
syncc completion fish >c.fish
grep -q 'complete -c syncc .* -a push' c.fish
not grep -qw sync c.bash c.zsh c.fish
if command -v zsh; then zsh -n c.zsh; fi
if command -v fish; then fish --no-execute c.fish; fi
for word in $words; do
	grep -qw $word c.bash
	grep -qw $word c.zsh
	grep -qw $word c.fish
done

# File names are one word each, whatever is in them.
mkdir files
echo x >'files/a b'
echo x >'files/a  c*'
bash -c '. ./c.bash; COMP_WORDS=(syncc push files/a); COMP_CWORD=2; _syncc; printf "%s\n" "${COMPREPLY[@]}"' | sort >found
printf 'files/a  c*\nfiles/a b\n' | cmp - found
# They are for the name that was called: without the dispatcher, `sync` is the system's.
ln -s "$BUILD/syncc" sync
for shell in bash zsh fish; do
	./sync completion $shell >c
	grep -qw sync c
	not grep -qw syncc c
done
rm sync

# Output that cannot be written is a failure.
fails 1 sh -c 'syncc version >/dev/full'
fails 1 sh -c 'syncc help >/dev/full'
