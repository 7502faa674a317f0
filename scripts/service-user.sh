#!/usr/bin/env bash
# The user the service runs as, and its folders; nothing is changed that is there. Needs root.
#
#   scripts/service-user.sh [UID]
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ "$(id -u)" = 0 ] || die "a system user is made by root  →  sudo $0"
if ! id ivr >/dev/null 2>&1; then
    useradd --system ${1:+--uid "$1"} --user-group --home-dir /var/lib/ivr --shell /usr/sbin/nologin ivr
fi
install -d -m 750 -o root -g ivr /etc/ivr
install -d -m 750 -o ivr -g ivr /var/lib/ivr /var/cache/ivr
