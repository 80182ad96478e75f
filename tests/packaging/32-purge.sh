# The server's package in a chroot without a running systemd: its user and folders come; files of people and keys stay.
. "$TOP/tests/packaging/lib.sh"
need_base
new_root
in_root sh -eux /root/check/purge.sh
