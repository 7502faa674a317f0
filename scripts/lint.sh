#!/usr/bin/env bash
# Every check that needs no call. All of them run, so that one look shows everything.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

failed=()
check() { say "$*"; "$@" || failed+=("$*"); }

check .venv/bin/ruff check .
check .venv/bin/ruff format --check .
check .venv/bin/mypy
check .venv/bin/lint-imports
check .venv/bin/ivr prompts lint
check .venv/bin/ivr knowledge check
if command -v shellcheck >/dev/null; then check shellcheck scripts/*.sh docker/*.sh .ci/run; fi
[ ${#failed[@]} = 0 ] || die "failed: $(IFS=';'; echo "${failed[*]}")"
