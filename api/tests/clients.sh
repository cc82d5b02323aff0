#!/usr/bin/env bash
# Clients that generators make from the service's OpenAPI document, used against the running service with a
# key: Python (openapi-python-client) and TypeScript (openapi-typescript with openapi-fetch, type-checked).
#
#   api/tests/clients.sh
#
# Needs python3 with venv, node with npm, the network once (PyPI, npm), and built programs
# (`make build PROFILE=dev`).
set -euo pipefail
cd "$(dirname "$0")/../.."

python=0.29.1 typescript=7.13.0 fetch=0.17.0 compiler=5.9.3 node=20.19.43
. api/tests/service.sh
tools=${SEGMENT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/customer-segmentation/tools}/clients-$python-$typescript-$fetch-$compiler
install() {
  command -v npm >/dev/null && python3 -m venv "$tools/python" &&
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check "openapi-python-client==$python" &&
    npm install --silent --no-fund --no-audit --prefix "$tools" "openapi-typescript@$typescript" "openapi-fetch@$fetch" \
      "typescript@$compiler" "@types/node@$node" && touch "$tools/complete"
}
if [ ! -e "$tools/complete" ] && ! install; then
  rm -rf "$tools"
  echo "skipped: generated clients (no npm, no python3-venv, or PyPI or npm cannot be reached)"
  exit 0
fi

serve segments:read,assignments:read,explain:read,export
export KEY=$key BASE=$base

curl -fsS "$BASE/openapi.json" >"$work/openapi.json"
"$tools/python/bin/openapi-python-client" generate --path "$work/openapi.json" --output-path "$work/client" --meta none \
  >"$work/generated" 2>&1 || { cat "$work/generated"; exit 1; }
PYTHONPATH=$work "$tools/python/bin/python" api/tests/clients.py

# Modules are found from where the file is.
cp api/tests/clients.ts "$work/" && ln -s "$tools/node_modules" "$work/node_modules"
"$tools/node_modules/.bin/openapi-typescript" "$work/openapi.json" -o "$work/schema.d.ts" >/dev/null
cd "$work" && echo '{"type": "module"}' >package.json
node_modules/.bin/tsc --strict --target es2022 --module nodenext --moduleResolution nodenext --types node --skipLibCheck clients.ts
node clients.js
