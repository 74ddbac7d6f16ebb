#!/usr/bin/env bash
# Builds everything and runs every test. The last line is "N passed, N failed"; the exit status is
# not 0 when anything failed, was not built, or did not run.
#
#   tools/dev/test.sh                    all stages
#   tools/dev/test.sh release lint ...   only these
#
# Stages: studio (types, eslint, prettier, unit tests and the browser tests), release (ctest and pytest on the release build), asan (unit tests and transcripts under
# AddressSanitizer and UndefinedBehaviorSanitizer), tsan (the concurrent tests under
# ThreadSanitizer), fuzz (bounded), lint. And, only when asked for, wheel: it is built and tried,
# which compiles everything once more.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

readonly results=$PWD/build/results
jobs=$(nproc)
stages=("$@")
if [ $# -eq 0 ]; then stages=(release studio lint asan tsan fuzz); fi

# Runs one step and notes in the results folder whether it worked. Steps that are not test runs
# themselves count as one test each, so that a build that fails can't pass unseen.
step() {
  local name=$1 begun=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    echo passed >"$results/$name.step"
  else
    echo failed >"$results/$name.step"
    printf '== %s FAILED\n' "$name"
  fi
  printf '== %s: %d s\n' "$name" "$((SECONDS - begun))"
  [ "$(cat "$results/$name.step")" = passed ]
}

configure() {
  local preset=$1
  shift
  cmake --preset "$preset" --log-level=WARNING "$@"
}

run_ctest() {
  local name=$1 folder=$2
  shift 2
  ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$jobs" \
    --output-junit "$results/$name.xml" "$@"
}

# Files beside each other, the tests of a file one after the other: they share its fixtures.
run_pytest() {
  local name=$1
  shift
  .venv/bin/python -m pytest -q -n "$jobs" --dist loadfile \
    --junitxml="$results/$name.xml" -o junit_family=xunit2 "$@"
}

stage_release() {
  step release-build env MINIREDIS_WITH_TESTS=1 tools/dev/build.sh || return
  step release-ctest run_ctest release-ctest build
  step release-pytest run_pytest release-pytest tests --ignore=tests/wheel --ignore=tests/studio
}

stage_studio() {
  step studio-build env MINIREDIS_WITH_TESTS=1 tools/dev/build.sh || return
  step studio-check tools/dev/studio.sh check "$results/studio-vitest.xml"
  step studio-pytest run_pytest studio-pytest tests/studio
}

stage_asan() {
  step asan-build build_preset asan all || return
  # redis-server is no program of ours: what it answers was seen in the release stage.
  step asan-ctest run_ctest asan-ctest build/asan -LE fuzz -E transcripts.redis_server
}

stage_tsan() {
  step tsan-build build_preset tsan concurrent_tests || return
  step tsan-ctest run_ctest tsan-ctest build/tsan -L concurrent
}

# The same build: the engine is compiled once for both.
stage_fuzz() {
  step fuzz-build build_preset asan fuzz_targets || return
  step fuzz-ctest run_ctest fuzz-ctest build/asan -L fuzz
}

stage_wheel() {
  step wheel-studio tools/dev/studio.sh build || return
  step wheel .venv/bin/python -m pytest tests/wheel -q --junitxml="$results/wheel-pytest.xml"
}

stage_lint() { step lint tools/dev/lint.sh; }

build_preset() {
  configure "$1" && ninja -C "build/$1" "$2"
}

rm -rf "$results"
mkdir -p "$results"
step bootstrap tools/dev/bootstrap.sh test || exit 1
for stage in "${stages[@]}"; do
  case $stage in
    release | studio | asan | tsan | fuzz | lint | wheel) "stage_$stage" ;;
    *)
      printf 'unknown stage: %s\n' "$stage"
      exit 2
      ;;
  esac
done
.venv/bin/python tools/dev/count_results.py "$results"
