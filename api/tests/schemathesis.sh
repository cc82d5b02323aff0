#!/usr/bin/env bash
# The OpenAPI document against the running service: schemathesis generates requests, valid and not, and
# fails on a fault of the service (5xx), an undocumented status, content type or header, and an answer
# that does not have the documented shape.
#
#   api/tests/schemathesis.sh [requests a route and phase, default 60]
#
# Needs python3 with venv, the network once (PyPI), and built programs (`make build PROFILE=dev`).
set -euo pipefail
cd "$(dirname "$0")/../.."

version=4.32.5
examples=${1:-60}
. api/tests/service.sh
tools=${SEGMENT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/customer-segmentation/tools}/schemathesis-$version
if [ ! -x "$tools/bin/schemathesis" ]; then
  python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" || {
    rm -rf "$tools"
    echo "skipped: schemathesis $version cannot be installed (no python3-venv, or PyPI cannot be reached)"
    exit 0
  }
fi

serve segments:read,assignments:read,explain:read,export,admin --ids-per-minute 0 -- --client-timeout 5

# It keeps a cache where it runs.
tests=$PWD/api/tests
cd "$work"
SCHEMATHESIS_HOOKS=$tests/schemathesis_hooks.py "$tools/bin/schemathesis" --config-file "$tests/schemathesis.toml" \
  run "$base/openapi.json" --header "Authorization: Bearer $key" \
  --max-examples "$examples" --generation-deterministic --workers 2 --request-timeout 20 \
  --phases examples,coverage,fuzzing --suppress-health-check all --no-color "${@:2}" || {
  cat "$work/log"
  exit 1
}
if grep -qi panicked "$work/log"; then
  cat "$work/log"
  exit 1
fi
