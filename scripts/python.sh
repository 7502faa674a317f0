#!/usr/bin/env bash
# Finds a Python of 3.11 to 3.13 that can make a virtual environment, installs Debian's if there is none; prints its path.
# PYTHON, where set, is asked first.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

pick() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3 /usr/bin/python3; do
        "${candidate:-false}" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue
        "$candidate" -c 'import sys; print(sys.executable)'; return
    done
}

python=$(pick)
[ -n "$python" ] || { apt_need "Python" python3; python=$(pick); }
[ -n "$python" ] || die "Python 3.11 to 3.13 is not installed  →  apt-get install python3, or set PYTHON"
"$python" -c 'import ensurepip' 2>/dev/null || apt_need "a virtual environment" python3-venv
echo "$python"
