# How long history is kept: by the config, shown by status, changed by a reload.
cat >syncd.conf <<EOF
keep-all = 2d
keep-daily = 2w
keep-weekly = 1y
keep-versions = 100
history-max = 10 MiB
EOF
cat >inside.sh <<'EOF'
set -eux
printf 1 | syncc push - /f
printf 22 | syncc push --force - /f
syncc rm f
syncd status --store "$SYNC_STORE" >status
grep -F 'history      2 versions, 1 deleted; kept: all for 2 d, a state a day for 14 d, one a week for 365 d, 100 versions of a file, 10 MiB in all' status
syncd status --store "$SYNC_STORE" --json >json
python3 - <<'END'
import json
s = json.load(open('json'))
assert (s['keep_all_s'], s['keep_daily_s'], s['keep_weekly_s'], s['keep_versions'], s['history_max_bytes']) == (
    2 * 86400, 14 * 86400, 365 * 86400, 100, 10 << 20), s
assert (s['versions'], s['trashed'], s['retained'], s['retained_versions']) == (2, 1, 0, 0), s
END
sed -i 's/keep-all.*/keep-all = 3h/; /history-max/d' syncd.conf
syncd reload --store "$SYNC_STORE"
syncd status --store "$SYNC_STORE" >status
grep -F 'all for 3 h' status
! grep -F '10 MiB in all' status
echo 'keep-al = 1d' >>syncd.conf
! syncd reload --store "$SYNC_STORE" 2>err
grep -F 'did you mean keep-all?' err
EOF
syncd serve "$PWD/store" --config syncd.conf --listen 127.0.0.1:0 --run 'sh inside.sh'
sed -i '/keep-al = /d' syncd.conf
syncd config show --config syncd.conf >shown
grep -F 'keep-daily = 2w  # syncd.conf:2' shown
grep -F 'keep-weekly = 1y  # syncd.conf:3' shown
