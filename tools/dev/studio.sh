#!/usr/bin/env bash
# The Studio's build and what checks it. Needs the built miniredisd and package, for the API's types
# follow from the documents that they print.
#
#   tools/dev/studio.sh build                  into build/studio; takes no time when nothing has changed
#   tools/dev/studio.sh check [JUNIT-FILE]   types, eslint, prettier, unit tests
#   tools/dev/studio.sh dev                    the development server on port 5173, over a gateway on 8080
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly root=$PWD source=service/studio documents=build/studio-api

say() { printf 'studio: %s\n' "$*" >&2; }

# Written only when a document has changed, so that nothing is built again for the same.
describe_api() {
  local service fresh
  mkdir -p "$documents"
  for service in gateway auth monitoring; do
    fresh=$documents/$service.json.new
    if [ "$service" = gateway ]; then
      build/bin/miniredisd --print-openapi >"$fresh"
    else
      PYTHONPATH=build/python build/services/bin/python tools/dev/openapi.py "$service" >"$fresh"
    fi
    if cmp -s "$fresh" "$documents/$service.json"; then rm "$fresh"; else mv "$fresh" "$documents/$service.json"; fi
  done
  local made=$source/src/api/generated/.made wanted
  wanted=$(cat "$documents"/*.json "$source/scripts/generate-api.mjs" | sha256sum)
  if [ "$(cat "$made" 2>/dev/null)" = "$wanted" ]; then return; fi
  (cd "$source" && node scripts/generate-api.mjs "$root/$documents")
  printf '%s\n' "$wanted" >"$made"
}

fingerprint() {
  (cd "$source" && find . -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum) | sha256sum
}

build() {
  local wanted
  wanted=$(fingerprint)
  if [ -f build/studio/index.html ] && [ "$(cat build/studio.made 2>/dev/null)" = "$wanted" ]; then return; fi
  say "building into build/studio"
  (cd "$source" && npx tsc -p tsconfig.json && npx vite build --logLevel warn)
  printf '%s\n' "$wanted" >build/studio.made
}

check() {
  cd "$source"
  # As long as all the others together, and on one core.
  npx eslint --max-warnings 0 . &
  local eslint=$!
  npx tsc -p tsconfig.json
  npx prettier --check --log-level warn .
  npx vitest run --reporter=default --reporter=junit \
    --outputFile.junit="${1:-$root/build/studio-vitest.xml}"
  wait "$eslint"
}

tools/dev/bootstrap.sh studio
# Made only where the machine's own node is too old.
if [ -d build/node ]; then PATH=$root/build/node/bin:$PATH; fi
describe_api
case "${1:-build}" in
  build) build ;;
  check) check "${2:-}" ;;
  dev) cd "$source" && exec npx vite ;;
  *)
    say "unknown '$1'; known: build, check, dev"
    exit 2
    ;;
esac
