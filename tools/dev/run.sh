#!/usr/bin/env bash
# Builds, then becomes `miniredis up`: the daemon and the Python services as one group. Arguments go
# to it; settings come from the environment (MINIREDIS_...).
set -euo pipefail
cd "$(dirname "$0")/../.."
tools/dev/bootstrap.sh run
tools/dev/build.sh
export MINIREDIS_PROGRAMS=$PWD/build/bin PYTHONPATH=$PWD/build/python
export MINIREDIS_STUDIO_DIRECTORY=${MINIREDIS_STUDIO_DIRECTORY:-$PWD/build/studio}
exec build/services/bin/python -m miniredis up "$@"
