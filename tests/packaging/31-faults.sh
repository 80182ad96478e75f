# Every command of sync-is-syncc's maintainer scripts fails once, and is killed once.
. "$TOP/tests/packaging/lib.sh"
need_base
new_root
in_root sh /root/check/faults.sh
