#!/usr/bin/env bash
# The comparison with redis-server, then the micro-benchmarks. Arguments go to bench/compare.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
MINIREDIS_WITH_TESTS=1 tools/dev/build.sh
.venv/bin/python bench/compare.py --bin build/bin "$@"
for program in build/bin/*_bench; do
  [ -x "$program" ] || continue
  printf '\n%s\n' "$(basename "$program")"
  "$program" --benchmark_min_time=0.2
done
