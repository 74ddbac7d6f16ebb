#!/usr/bin/env bash
# Checks formatting and style of everything that git tracks; changes nothing unless asked.
#
#   tools/dev/lint.sh           clang-format, ruff, mypy, shellcheck
#   tools/dev/lint.sh --tidy    and clang-tidy (slow), over all sources or the files given after it
#   tools/dev/lint.sh --fix     rewrite what clang-format and ruff can
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tools/dev/bootstrap.sh test || exit 1

mode=${1:-check}
status=0

check() {
  local name=$1
  shift
  if "$@"; then printf 'lint: %s ok\n' "$name"; else
    printf 'lint: %s FAILED\n' "$name"
    status=1
  fi
}

# In a folder of its own that only says how files are compiled: clang does not read gcc's precompiled headers.
# shellcheck disable=SC2317  # called through check
tidy() {
  cmake --preset release -B build/tidy -DMINIREDIS_PRECOMPILED_HEADERS=OFF --log-level=WARNING >/dev/null &&
    printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 clang-tidy-16 -p build/tidy --quiet
}

# Files that git tracks or would track, and that are still there.
files_like() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do
  if [ -f "$f" ]; then printf '%s\n' "$f"; fi
done; }

mapfile -t cpp < <(files_like '*.cc' '*.h')
mapfile -t python < <(files_like '*.py')
mapfile -t shell < <(files_like '*.sh' '.ci/run')

if [ "$mode" = --fix ]; then
  clang-format-16 -i "${cpp[@]}"
  .venv/bin/ruff format "${python[@]}"
  .venv/bin/ruff check --fix "${python[@]}"
  exit
fi

check clang-format clang-format-16 --dry-run --Werror "${cpp[@]}"
check shellcheck shellcheck "${shell[@]}"
check ruff-format .venv/bin/ruff format --check --quiet "${python[@]}"
check ruff .venv/bin/ruff check --quiet "${python[@]}"
# The stubs of the typed commands are made by the build.
MYPYPATH="$PWD/build/python" check mypy .venv/bin/mypy --strict --pretty .

if [ "$mode" = --tidy ]; then
  shift
  if [ $# -gt 0 ]; then sources=("$@"); else mapfile -t sources < <(files_like 'libminiredis/*.cc'); fi
  check clang-tidy tidy "${sources[@]}"
fi
exit "$status"
