#!/usr/bin/env bash
# Installs the service on this machine: a copy in /opt/sanling, the user `ivr`, /etc/ivr/ivr.toml, the systemd unit.
# What is configured stays as it is. Needs root.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

target=/opt/sanling
[ "$(id -u)" = 0 ] || die "a service is installed by root  →  sudo make install"
say "copying to $target"
mkdir -p "$target"
if [ "$PWD" != "$target" ]; then tar -c --exclude=.git --exclude=.venv --exclude='.*_cache' --exclude=.hypothesis --exclude=bench/out --exclude=demo-out . | tar -x -C "$target" --no-same-owner; fi
"$target/scripts/setup.sh" run
scripts/service-user.sh
for model in whisper vosk-small-cn; do                # the service has a cache of its own
    [ -d "$SANLING_CACHE/models/$model" ] || continue
    install -d -o ivr -g ivr /var/cache/ivr/models
    cp -r --no-clobber "$SANLING_CACHE/models/$model" /var/cache/ivr/models/
    chown -R ivr:ivr "/var/cache/ivr/models/$model"
done
[ -e /etc/ivr/ivr.toml ] || install -m 640 -g ivr packaging/ivr.toml /etc/ivr/ivr.toml
if [ ! -e /etc/ivr/sip-password ]; then
    (umask 027; head -c 18 /dev/urandom | base64 >/etc/ivr/sip-password; chgrp ivr /etc/ivr/sip-password)
fi
install -m 644 packaging/ivr.service /etc/systemd/system/ivr.service
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    say "ready: edit /etc/ivr/ivr.toml, then  systemctl enable --now ivr"
else
    say "ready: edit /etc/ivr/ivr.toml; no systemd runs here, so nothing starts by itself"
fi
say "Asterisk's side:  $target/.venv/bin/ivr asterisk config --config /etc/ivr/ivr.toml --out FOLDER"
