# The program named sync: our words go to the syncc beside it, everything else flushes as ever.
# (set -e sees neither a "! command" nor the first half of an "a && b": one command a line.)
not() { if "$@"; then exit 1; fi; }
export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state
mkdir bin
cp "$BUILD/sync" bin/
cat >bin/syncc <<'END'
#!/bin/sh
echo "client $0: $*"
END
chmod +x bin/syncc
sync=$PWD/bin/sync

# Exactly the words of the client's table, and those in the client's own folder.
for word in $("$BUILD/syncc" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	[ "$($sync $word a 'b c')" = "client $PWD/bin/syncc: $word a b c" ]
done
ln -s "$sync" link
./link push x | grep -q "client $PWD/bin/syncc"

# Anything else is the system's: no words, files, its options, ours before a word.
$sync
echo x >file
$sync file
$sync -d file
$sync -f .
$sync -- file
cp file push
$sync ./push
$sync -- push
not $sync nosuchfile 2>err
grep -q nosuchfile err
not $sync -n push 2>/dev/null
$sync --version | grep -qi coreutils

# A sudo rule that allows sync does not allow uploads.
if [ "$(id -u)" = 0 ]; then
	not env SUDO_COMMAND=x $sync pull 2>err
	not grep -q "$PWD/bin/syncc" err
	grep -q 'the client is:  syncc pull' err
	[ -z "$(env SUDO_COMMAND=x $sync push 2>&1)" ] # a file of that name is here
fi

# Called by itself as "the original", it does the work instead of going round for ever.
SYNC_DISPATCHED=1 $sync
SYNC_DISPATCHED=1 $sync -d file
SYNC_DISPATCHED=1 $sync -- push
not env SYNC_DISPATCHED=1 $sync nosuchfile 2>err
grep -q '^sync: nosuchfile: ' err

# The client missing: 127, and what to type.
rm bin/syncc
if [ ! -e /usr/local/bin/syncc ]; then
	code=0; $sync push x 2>err || code=$?
	[ "$code" = 127 ]
	grep -q 'sync ./push' err
fi
