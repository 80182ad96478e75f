# Man pages: no complaint of mandoc's, no table lost, every command and key there.
. "$TOP/tests/packaging/lib.sh"
need mandoc
for package in syncd syncc; do dpkg-deb -x "$debs"/${package}_*.deb root; done
pages=$(find root/usr/share/man -name '*.gz')
[ "$(echo "$pages" | wc -l)" = 5 ]
for page in $pages; do
	gunzip -c "$page" >"$(basename "$page" .gz)"
done
for page in syncd.8 syncd.conf.5 syncc.1 sync.conf.5 sync-protocol.7; do
	# What other pages this machine has is not their fault.
	mandoc -T lint $page | grep -vE 'referenced manual not found|mandoc\.db lacks' >complaints || :
	not [ -s complaints ]
	not grep '^@' $page
	mandoc -T utf8 $page | col -b >$page.txt
done

"$TOP"/build/deb.work/syncd-*/build/release/syncc help | sed -n 's/^  \([a-z]*\) .*/\1/p' >words
[ "$(wc -l <words)" -gt 10 ]
while read -r word; do grep -q "^     $word" syncc.1.txt; done <words
root/usr/bin/syncd config show | sed 's/^#\{0,1\}\([a-z-]*\) =.*/\1/' | sort -u >keys
[ "$(wc -l <keys)" -gt 20 ]
while read -r key; do grep -q "^     $key" syncd.conf.5.txt; done <keys
root/usr/bin/syncd help | sed -n 's/^  syncd \(\([a-z]\+ \)\+\) .*/\1/p' | sed 's/ *$//' >commands
[ "$(wc -l <commands)" -gt 10 ]
while read -r command; do grep -q "^     $command" syncd.8.txt; done <commands
for key in url pin token-command auth limit-rate ignore; do grep -q "^     $key" sync.conf.5.txt; done
