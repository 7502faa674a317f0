#!/usr/bin/env bash
# Locks what pyproject.toml asks for, with hashes: requirements/*.lock. Versions stay where they are unless told to move.
#
#   scripts/lock.sh [--upgrade | --upgrade-package NAME]
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

uv="${UV:-.venv/bin/uv}"
command -v "$uv" >/dev/null || die "uv is not installed  →  make test once, or: pip install uv"

lock() { # lock NAME ARGUMENT…
    local name="$1"; shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
        "$@" --output-file "requirements/$name.lock"
}

lock dev pyproject.toml requirements/build.in --extra talk --extra dev "$@"
lock run pyproject.toml requirements/build.in --extra talk --constraints requirements/dev.lock
lock render pyproject.toml requirements/build.in --extra render --constraints requirements/dev.lock
lock pjsua2 requirements/pjsua2.in
lock bench-peer requirements/bench-peer.in
grep -lE '^(torch|[^#]*://)' requirements/*.lock >&2 && die "a lock names torch or an address"
say "locked $(grep -c '==' requirements/dev.lock) packages"
