#!/usr/bin/env bash
# `segment run --input sc://…` against Sail, a Spark Connect server from PyPI, with the built programs.
#
#   segmentation-lib/tests/spark.sh
#
# Needs python3 with venv, protoc, the network once, and `segment` built (`make build PROFILE=dev`). What is missing is
# installed where root and apt are there; what cannot run is said to be skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: Spark Connect ($*)"; exit 0; }
bin=${CARGO_TARGET_DIR:-$PWD/target}/debug
tools=${SEGMENT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/customer-segmentation/tools}/sail-0.7.2

if ! command -v protoc >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { timeout 120 apt-get update -q && timeout 300 apt-get install -qy --no-install-recommends protobuf-compiler; } \
    >/dev/null 2>&1 </dev/null || true
fi
command -v protoc >/dev/null || skip "protoc is not installed: package protobuf-compiler"
segmentation-lib/spark/check
make --no-print-directory spark PROFILE=dev

if [ ! -e "$tools/complete" ]; then
  rm -rf "$tools"
  { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r segmentation-lib/tests/requirements-spark.txt && touch "$tools/complete"; } \
    || skip "Sail cannot be installed: no python3-venv, no wheel for this machine, or PyPI cannot be reached"
fi
python3 -B segmentation-lib/tests/spark.py "$tools/bin/sail" "$bin/segment" "$bin/segment-spark"
