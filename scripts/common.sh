# Shared by the set-up scripts: where things are cached, how they speak, how they become root.
# shellcheck shell=bash
set -euo pipefail

SANLING_CACHE="${SANLING_CACHE:-$HOME/.cache/sanling}"
mkdir -p "$SANLING_CACHE"
export DEBIAN_FRONTEND=noninteractive

say()  { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
die()  { printf '✗ %s\n' "$*" >&2; exit 1; }

# progress N: passes a quiet job's output on to its log, with a dot on the terminal for every N lines.
progress() {
    if [ -t 2 ]; then awk -v n="$1" 'NR % n == 0 { printf "." > "/dev/stderr" } { print } END { print "" > "/dev/stderr" }'; else cat; fi
}

# as_root COMMAND…: directly, by sudo, or one clear line.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo -n "$@" || sudo "$@"
    else die "needs root for: $*  →  run as root, or install sudo"; fi
}

# apt_need COMMENT PACKAGE…: installs what is missing, asks the network only then.
apt_need() {
    local why="$1" missing=() package; shift
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || die "missing (${why}): ${missing[*]}  →  install them with your system's package manager"
    say "apt packages for ${why}: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$SANLING_CACHE/apt.log" 2>&1 \
        || { as_root apt-get update -q >"$SANLING_CACHE/apt.log" 2>&1 \
             && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$SANLING_CACHE/apt.log" 2>&1; } \
        || die "apt could not install ${missing[*]}  →  see $SANLING_CACHE/apt.log; is the package mirror reachable?"
}

# debian_mirror: the archive this machine itself uses, so that nothing here names one.
debian_mirror() {
    local uri
    # shellcheck disable=SC2016  # the dollar is apt's
    uri=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E '/debian/?$' | head -n 1) || true
    printf '%s' "${SANLING_DEBIAN_MIRROR:-${uri%/}}"
}

# ASTERISK_PACKAGES: what of Debian's Asterisk the tests' chroot and the image of the PBX are made of.
# shellcheck disable=SC2034  # used by who reads this file
ASTERISK_PACKAGES=(asterisk asterisk-modules)

has_sha256() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }
