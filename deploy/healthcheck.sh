#!/bin/bash
# Tells whether a service of this machine answers 200: healthcheck PORT [PATH]. It needs bash alone, so that
# images need no HTTP client.
set -euo pipefail
readonly port=$1 path=${2:-/readyz}
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$path" >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
