#!/usr/bin/env bash
# Builds, then becomes miniredisd. Arguments go to miniredisd; without any it uses its defaults.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools/dev/build.sh
exec build/bin/miniredisd "$@"
