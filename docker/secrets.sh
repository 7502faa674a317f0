#!/usr/bin/env bash
# Makes the secrets of docker/compose.yaml where they are missing: the service's SIP password, two telephones.
#
#   docker/secrets.sh [FOLDER]
set -euo pipefail
folder="${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}"
umask 077
mkdir -p "$folder"
secret() { head -c 18 /dev/urandom | base64 | tr '+/' '-_'; }

telephone() { # telephone NAME PASSWORD
    cat <<CONF
[$1]
type = endpoint
context = phones
disallow = all
allow = alaw,ulaw
direct_media = no
auth = $1
aors = $1

[$1]
type = auth
auth_type = digest
username = $1
password = $2

[$1]
type = aor
max_contacts = 1
remove_existing = yes

CONF
}

[ -e "$folder/sip-password" ] || secret >"$folder/sip-password"
if [ ! -e "$folder/pjsip_custom.conf" ]; then
    { telephone 1001 "$(secret)"; telephone operator "$(secret)"; } >"$folder/pjsip_custom.conf"
fi
chmod 644 "$folder"/*                # the folder keeps others out; inside the containers nobody is root
awk '/^username/ { user = $3 } /^password/ { print "telephone " user ": password " $3 }' "$folder/pjsip_custom.conf"
