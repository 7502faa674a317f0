#!/usr/bin/env bash
# Prepares a folder with a real Asterisk 22 from Debian sid (Debian 12 has no asterisk package); prints its path.
# The tests run it by chroot, on loopback. Needs root; about a minute and 500 MB.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ "$(id -u)" = 0 ] || die "Asterisk for the tests is unpacked with debootstrap and needs root  →  run as root"
recipe=$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-12)
root="$SANLING_CACHE/asterisk/sid-$recipe"

# Asterisk looks its own host's name up, and must not wait for a network that tests do not have.
ready() {
    [ -f "$root/.ready" ] || return 1
    echo "127.0.0.1 localhost $(uname -n)" >"$root/etc/hosts"
    : >"$root/etc/resolv.conf"
    echo "$root"
}
ready && exit 0

apt_need "a real Asterisk for the tests" debootstrap
mirror=$(debian_mirror)
[ -n "$mirror" ] || die "no Debian archive configured  →  set SANLING_DEBIAN_MIRROR"
mkdir -p "$SANLING_CACHE/asterisk"
exec 9>"$SANLING_CACHE/asterisk/.lock"; flock 9
ready && exit 0
rm -rf "$root"
say "unpacking Asterisk from Debian sid (about a minute; log: $SANLING_CACHE/asterisk/debootstrap.log)"
debootstrap --variant=minbase --include="$(IFS=,; echo "${ASTERISK_PACKAGES[*]}")" sid "$root" "$mirror" \
    >"$SANLING_CACHE/asterisk/debootstrap.log" 2>&1 \
    || die "debootstrap of Asterisk failed  →  see $SANLING_CACHE/asterisk/debootstrap.log"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}
chroot "$root" asterisk -V >&2
touch "$root/.ready"
ready
