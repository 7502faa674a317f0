#!/usr/bin/env bash
# Puts everything in place that the product needs, and only what is missing: apt packages, .venv, pjsua2, and the models
# that turn speech into words, as far as they can be had.
#
#   scripts/setup.sh [run|dev|render|system]
#
# run: to take calls; dev: tests, linters and benches besides; render: to speak prompts; system: run's apt packages alone.
#
# Wheels are kept in the cache, so that a second clone needs no network.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

profile="${1:-run}"
venv=.venv
case "$profile" in
    run | dev | render | system) ;;
    *) die "unknown profile $profile  →  run, dev, render or system" ;;
esac

python=$(scripts/python.sh)
stamp="$venv/.ready-$profile"
wanted=$(cat pyproject.toml requirements/*.lock models/manifest.toml scripts/{common,setup,python,build-pjsua2,asterisk-root}.sh <(echo "$PWD $python") | sha256sum)
is_ready() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$venv/bin/python" -c '' 2>/dev/null; }
is_ready && exit 0
exec 8>"$SANLING_CACHE/.setup.lock"; flock 8
is_ready && exit 0

# no_system_cluster: PostgreSQL's package makes a database of its own and starts it, unless it is told not to; the tests
# start one that is theirs alone.
no_system_cluster() {
    local conf=/etc/postgresql-common/createcluster.conf
    [ -e "$conf" ] || { as_root mkdir -p "${conf%/*}" && echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null; }
}

libraries=(libssl3 libsrtp2-1 libuuid1 libportaudio2 fonts-wqy-microhei)
case "$profile" in
    run | render) apt_need "taking calls" "${libraries[@]}" ;;
    dev)
        command -v apt-get >/dev/null && no_system_cluster
        apt_need "tests" "${libraries[@]}" sip-tester tcpdump procps postgresql
        ;;
    system) apt_need "taking calls" "${libraries[@]}"; exit 0 ;;
esac

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "making $venv with $("$python" -V) ($python)"
    "$python" -m venv --clear "$venv" || die "no virtual environment  →  is python3-venv of $python installed?"
fi

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

# install LOCK: from the wheels in the cache, after fetching what they lack.
install() {
    local wheels log="$SANLING_CACHE/pip.log" binary=(--only-binary ':all:' --no-binary 'srt,jieba')  # these come as source only
    wheels="$SANLING_CACHE/wheels/$("$venv/bin/python" -c 'import sys; print(sys.implementation.cache_tag)')"
    local offline=(--quiet install --no-index --find-links "$wheels" --no-deps "${binary[@]}" --require-hashes -r "$1")
    mkdir -p "$wheels"
    pip "${offline[@]}" >"$log" 2>&1 && return
    say "fetching the packages of $1"
    pip download --dest "$wheels" --no-deps "${binary[@]}" --require-hashes -r "$1" 2>&1 | progress 4 >"$log" \
        && pip "${offline[@]}" >>"$log" 2>&1
}

say "installing Python packages into $venv"
install "requirements/$profile.lock" || die "packages of requirements/$profile.lock could not be had  →  see $SANLING_CACHE/pip.log; is the package index reachable?"

if ! wheel=$(scripts/build-pjsua2.sh "$PWD/$venv/bin/python"); then
    printf '\033[1;31m!! pjsua2 could not be built: using the ready wheel. It carries FOUR calls a process and an OpenSSL out of support. Mend it and run: make pjsua2\033[0m\n' >&2
    install requirements/pjsua2.lock || die "no pjsua2 at all  →  make pjsua2 shows why it does not build; see also $SANLING_CACHE/pip.log"
elif [ ! "$venv/.pjsua2" -nt "$wheel" ]; then
    pip --quiet uninstall --yes pjsua2-python >/dev/null 2>&1 || true
    pip --quiet install --no-index --no-deps --force-reinstall "$wheel"
    touch "$venv/.pjsua2"
fi
"$venv/bin/python" -c 'import pjsua2' || die "pjsua2 is installed and does not load (above)  →  rm -rf $SANLING_CACHE/pjsua2 && make setup"

pip --quiet install --no-index --no-deps --no-build-isolation --editable . >"$SANLING_CACHE/pip.log" 2>&1 \
    || die "the package itself does not install  →  see $SANLING_CACHE/pip.log"

# model NAME: pulled if it is not here; one that cannot be had is no reason to stop, and no host is waited for long.
model() { "$venv/bin/ivr" models pull --timeout 5 "$1" >>"$SANLING_CACHE/models.log" 2>&1; }

: >"$SANLING_CACHE/models.log"
say "models that recognise speech (190 MB at most, kept in $SANLING_CACHE/models)"
listeners=0
for name in whisper vosk-small-cn; do
    if model "$name"; then listeners=$((listeners + 1)); fi
done
[ $listeners -gt 0 ] || say "none could be had: callers have keys and a person, no words  →  $SANLING_CACHE/models.log says why; later: $venv/bin/ivr models pull"
if [ "$profile" = dev ]; then
    model vosk-ko || say "vosk-ko could not be had: tests on a real Vosk model will be skipped  →  $SANLING_CACHE/models.log"
    if [ "$(id -u)" = 0 ]; then scripts/asterisk-root.sh >/dev/null
    else say "not root: the tests against a real Asterisk will be skipped"; fi
fi
printf '%s' "$wanted" >"$stamp"
say "ready"
