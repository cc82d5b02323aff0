#!/usr/bin/env bash
# Tables of PostgreSQL, with the built program and a real server of Debian's packages.
#
# Needs python3 and openssl, and built programs (`make build PROFILE=dev`); installs the server where it may.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=${CARGO_TARGET_DIR:-$PWD/target}/${PROFILE_DIR:-debug}

# The newest version that is installed.
server() {
  for initdb in $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -rV); do
    [ -x "$initdb" ] && dirname "$initdb" && return
  done
}

if [ -z "$(server)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -q && apt-get install -qy postgresql; } >/dev/null 2>&1 || true
fi
if [ -z "$(server)" ]; then
  echo "skipped: tables of PostgreSQL (no server; install the package postgresql)"
  exit
fi
if ! [ -x "$bin/examples/parquet_csv" ]; then
  cargo build --quiet --locked -p segmentation-lib --features cli --example parquet_csv
fi
python3 -B segmentation-lib/tests/postgres.py "$(server)" "$bin"
