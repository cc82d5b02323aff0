#!/usr/bin/env bash
# The texts of `segment sql` on DuckDB, and their result read back, with the built program.
#
# Needs python3 with pip, the network once, and built programs (`make build PROFILE=dev`).
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=${CARGO_TARGET_DIR:-$PWD/target}/${PROFILE_DIR:-debug}
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
if ! python3 -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target "$packages" \
  -r segmentation-lib/tests/requirements-duckdb.txt 2>/dev/null; then
  echo "skipped: the texts on DuckDB (PyPI cannot be reached, or has no build for this Python)"
  exit
fi
PYTHONPATH=$packages python3 -B segmentation-lib/tests/elsewhere.py "$bin"
