#!/usr/bin/env bash
# Builds the release preset and the Studio; programs are left in build/bin/. Arguments go to ninja
# (targets), and leave the Studio out.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Tests and benchmarks are built when their packages are there; `make build` alone needs neither.
tests=OFF
if [ "${MINIREDIS_WITH_TESTS:-}" = 1 ]; then
  tools/dev/bootstrap.sh test
  tests=ON
else
  tools/dev/bootstrap.sh build
fi
cmake --preset release --log-level=WARNING \
  -DMINIREDIS_BUILD_TESTS=$tests -DMINIREDIS_BUILD_BENCH=$tests -DMINIREDIS_BUILD_PYTHON=ON
ninja -C build "$@"
if [ $# -eq 0 ]; then tools/dev/studio.sh build; fi
