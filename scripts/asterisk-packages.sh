#!/usr/bin/env bash
# Installs Asterisk itself, on a Debian that has it (sid, forky): the Docker image of the PBX is this script.
#
#   scripts/asterisk-packages.sh [UID]      of the user `asterisk`
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ -n "${1:-}" ] && ! id asterisk >/dev/null 2>&1; then
    useradd --system --uid "$1" --user-group --home-dir /var/lib/asterisk --shell /usr/sbin/nologin asterisk
fi
apt_need "a PBX" "${ASTERISK_PACKAGES[@]}"
install -d -o asterisk -g asterisk /run/asterisk
