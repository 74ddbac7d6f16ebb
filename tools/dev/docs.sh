#!/usr/bin/env bash
# Builds the Python module if need be, and writes the reference page of all commands, as Markdown and
# as one HTML page, to build/docs/.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools/dev/bootstrap.sh build
cmake --preset release --log-level=WARNING -DMINIREDIS_BUILD_PYTHON=ON >/dev/null
ninja -C build miniredis_python
python3 -m tools.reference.write build/docs
