#!/usr/bin/env bash
# Builds the pjsua2 2.17 wheel for one Python and leaves it in the cache; prints the wheel's path.
#
#   scripts/build-pjsua2.sh [PYTHON]
#
# The ready wheel on the package index carries four calls a process and an OpenSSL out of support since 2019,
# so the product builds its own. The same script builds the Docker image's wheel.
# Sources in order: upstream's release, then the copy inside Debian's asterisk source package.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PYTHON=$("${1:-python3}" -c 'import sys; print(sys.executable)')
VERSION=2.17
UPSTREAM_URL="https://github.com/pjsip/pjproject/archive/refs/tags/$VERSION.tar.gz"
UPSTREAM_SHA256=065fe06c06788d97c35f563796d59f00ce52fe9558a52d7b490a042a966facce
DEBIAN_SHA256=6860c2f7604b4eee75f38151a9ef69774eb3f0c5286fc1d14bc1db2dc5a9e8aa

python_tag=$("$PYTHON" -c 'import sys, sysconfig; print(f"cp{sys.version_info[0]}{sys.version_info[1]}-{sysconfig.get_platform()}")')
recipe=$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-12)
out="$SANLING_CACHE/pjsua2/$VERSION-$python_tag-$recipe"
wheel() { find "$out" -maxdepth 1 -name '*.whl' 2>/dev/null | head -n 1; }
[ -n "$(wheel)" ] && { wheel; exit 0; }

apt_need "building pjsua2" swig libssl-dev libsrtp2-dev uuid-dev g++ make xz-utils dpkg-dev curl ca-certificates
"$PYTHON" -c 'import sysconfig, os, sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' \
    || apt_need "building pjsua2" python3-dev

sources="$SANLING_CACHE/pjsua2/sources"
mkdir -p "$sources" "$out"
exec 9>"$out/.lock"; flock 9
[ -n "$(wheel)" ] && { wheel; exit 0; }

upstream_source() {
    local file="$sources/pjproject-$VERSION.tar.gz"
    has_sha256 "$file" $UPSTREAM_SHA256 && { echo "$file"; return; }
    say "fetching pjproject $VERSION from upstream"
    curl --fail --silent --location --connect-timeout 10 --max-time 300 -o "$file.part" "$UPSTREAM_URL" 2>/dev/null || return 1
    has_sha256 "$file.part" $UPSTREAM_SHA256 || { say "upstream archive has another hash than expected: not used"; return 1; }
    mv "$file.part" "$file"; echo "$file"
}

debian_source() {
    local file="$sources/pjproject-$VERSION-debian.tar.xz" state mirror
    has_sha256 "$file" $DEBIAN_SHA256 && { echo "$file"; return; }
    mirror=$(debian_mirror); [ -n "$mirror" ] || return 1
    say "fetching pjproject $VERSION from Debian's asterisk source package"
    state=$(mktemp -d "$sources/apt.XXXXXX"); mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/download"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$state/sources.list"
    # A mirror that lags is as good as a fresh one: the hash above decides what is used.
    local options=(-q -o Acquire::Check-Valid-Until=false -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
                   -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root)
    ( apt-get "${options[@]}" update && cd "$state/download" && apt-get "${options[@]}" source --download-only asterisk ) \
        >"$sources/apt.log" 2>&1 || { rm -rf "$state"; return 1; }
    local found
    for found in "$state"/download/*orig-Xpjproject.tar.*; do
        has_sha256 "$found" $DEBIAN_SHA256 && mv "$found" "$file"
    done
    rm -rf "$state"
    [ -f "$file" ] || { say "Debian's archive no longer carries the expected pjproject"; return 1; }
    echo "$file"
}

source=$(upstream_source) || source=$(debian_source) || die "pjproject $VERSION: no source reachable  →  put pjproject-$VERSION.tar.gz into $sources"

build=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$build"' EXIT
log="$out/build.log"
say "building pjsua2 $VERSION for $python_tag (about four minutes on two cores; log: $log)"
tar -xf "$source" -C "$build" --strip-components=1

# Debian's copy leaves out a file that make still lists; empty is what it would be without that back-end.
[ -f "$build/pjmedia/src/pjmedia-audiodev/bdimad_dev.c" ] || : >"$build/pjmedia/src/pjmedia-audiodev/bdimad_dev.c"

cat >"$build/pjlib/include/pj/config_site.h" <<'CONFIG'
#define PJSUA_MAX_CALLS           256
#define PJSUA_MAX_ACC             64
#define PJSUA_MAX_PLAYERS         512
#define PJSUA_MAX_RECORDERS       512
#define PJSUA_MAX_CONF_PORTS      1024
#define PJ_IOQUEUE_MAX_HANDLES    2048
#define PJSIP_MAX_TSX_COUNT       8191
#define PJSIP_MAX_DIALOG_COUNT    4095
/* One thread a queue: no need to take sockets out of the set and put them back with every packet. */
#define PJ_IOQUEUE_DEFAULT_EPOLL_FLAGS  0
/* Once the caller's own packets have come, ten from elsewhere must not take the call over. */
#define PJMEDIA_RTP_NAT_PROBATION_CNT   0x7fffffff
#define PJMEDIA_RTCP_NAT_PROBATION_CNT  0x7fffffff
/* A connection on which nothing is said costs a handle: ten seconds, then it goes. */
#define PJSIP_TCP_INITIAL_TIMEOUT       10
CONFIG

# mend FILE LINE TEXT: puts TEXT before every line that holds LINE.
mend() {
    grep -qF "$2" "$build/$1" || die "$1 is not as expected: \"$2\""
    awk -v line="$2" -v text="$3" 'index($0, line) { print text } { print }' "$build/$1" >"$build/mended" && mv "$build/mended" "$build/$1"
}

# A name in a packet must not hold up every call while the system's resolver looks for it: addresses only. Names that we
# are configured with are resolved by us, those in SIP messages by PJSIP's own resolver, which does not wait.
mend pjlib/src/pj/addr_resolv_sock.c 'hint.ai_socktype = 0;' '    hint.ai_flags = AI_NUMERICHOST;'

# Whoever sends first is taken for the caller; the address that was agreed on must win back at once, whatever came before.
mend pjmedia/src/pjmedia/stream_imp_common.c 'if (pj_sockaddr_cmp(&c_strm->rem_rtp_addr, param->src_addr) == 0) {' \
    '        if (pj_sockaddr_cmp(&c_strm->rem_rtp_addr, param->src_addr) != 0 && pj_sockaddr_cmp(&c_strm->si->rem_addr, param->src_addr) == 0) { c_strm->rem_rtp_flag = 0; badssrc = PJ_FALSE; }'

# Audio is copied without letting go of Python's lock: letting go takes longer than copying, and Python's objects are
# not to be touched without it.
for quick in 'std::vector<unsigned char>::assign_from_bytes' 'std::vector<unsigned char>::copy_to_bytearray' \
             pj::MediaFrame::buf pj::MediaFrame::type; do
    sed -i "s/^%include \"std_string.i\"/%feature(\"nothread\") $quick;\n&/" "$build/pjsip-apps/src/swig/pjsua2.i"
done

(
    cd "$build"
    export CFLAGS="-O2 -fPIC -DNDEBUG" CXXFLAGS="-O2 -fPIC -DNDEBUG"    # no message from outside may end us by an assertion
    ./configure --enable-epoll --disable-video --disable-sound --disable-sdl --disable-ffmpeg --disable-v4l2 \
        --disable-libwebrtc --disable-upnp --with-external-srtp --disable-resample --disable-speex-codec \
        --disable-gsm-codec --disable-ilbc-codec --disable-g7221-codec --disable-speex-aec
    make dep
    make -j"$(nproc)" || make          # some of its sub-makes race; a second, serial pass settles it
    "$PYTHON" -m venv --clear "$build/.venv"
    "$build/.venv/bin/pip" --quiet --disable-pip-version-check install 'setuptools<81' wheel
    cd pjsip-apps/src/swig
    make python PYTHON_EXE="$build/.venv/bin/python" || true
    cd python
    "$build/.venv/bin/python" setup.py --quiet bdist_wheel --dist-dir "$build/dist"
) 2>&1 | progress 100 >"$log" || die "pjsua2 did not build  →  see the end of $log"

mv "$build"/dist/*.whl "$out/" 2>/dev/null || die "pjsua2 built no wheel  →  see the end of $log"
wheel
