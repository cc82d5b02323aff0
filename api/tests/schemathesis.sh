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
bin=${CARGO_TARGET_DIR:-$PWD/target}/${PROFILE_DIR:-debug}
tools=${SEGMENT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/customer-segmentation/tools}/schemathesis-$version
if [ ! -x "$tools/bin/schemathesis" ]; then
  python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" || {
    rm -rf "$tools"
    echo "skipped: schemathesis $version cannot be installed (no python3-venv, or PyPI cannot be reached)"
    exit 0
  }
fi

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$bin/segment" run --quiet --dataset cdnow --store "$work/store" >/dev/null
shown=$("$bin/segmentation-api" keys --keys "$work/keys.json" create --name schemathesis --ids-per-minute 0 \
  --scopes segments:read,assignments:read,explain:read,export,admin)
key=${shown%%$'\n'*}
"$bin/segmentation-api" --store "$work/store" --bind "127.0.0.1:$port" --keys "$work/keys.json" \
  --audit "$work/audit.log" --client-timeout 5 >"$work/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -fsS "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; echo "the service did not start"; exit 1; }
  sleep 0.1
done

# It keeps a cache where it runs.
tests=$PWD/api/tests
cd "$work"
SCHEMATHESIS_HOOKS=$tests/schemathesis_hooks.py "$tools/bin/schemathesis" --config-file "$tests/schemathesis.toml" \
  run "http://127.0.0.1:$port/openapi.json" --header "Authorization: Bearer $key" \
  --max-examples "$examples" --generation-deterministic --workers 2 --request-timeout 20 \
  --phases examples,coverage,fuzzing --suppress-health-check all --no-color "${@:2}" || {
  cat "$work/log"
  exit 1
}
if grep -qi panicked "$work/log"; then
  cat "$work/log"
  exit 1
fi
