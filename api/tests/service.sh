# The service on the bundled data, for scripts that ask it over HTTP. Sourced, not run.
#
#   serve SCOPES [OPTION of keys create]... [-- OPTION of the server]...
#
# segments CDNOW, makes a key, starts the server on a free port and waits until it is ready. Sets `work` (a
# directory, removed at the end with the server), `base` and `key`; the server's log is in $work/log.

bin=${CARGO_TARGET_DIR:-$PWD/target}/${PROFILE_DIR:-debug}

serve() {
  local scopes=$1 create=() port shown
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do create+=("$1") && shift; done
  [ $# = 0 ] || shift
  work=$(mktemp -d)
  server=
  stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
  }
  trap stop EXIT
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  base=http://127.0.0.1:$port
  "$bin/segment" run --quiet --dataset cdnow --store "$work/store" >/dev/null
  shown=$("$bin/segmentation-api" keys --keys "$work/keys.json" create --name test --scopes "$scopes" "${create[@]}")
  key=${shown%%$'\n'*}
  "$bin/segmentation-api" --store "$work/store" --bind "127.0.0.1:$port" --keys "$work/keys.json" \
    --audit "$work/audit.log" "$@" >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    curl -fsS "$base/health/ready" >/dev/null 2>&1 && return
    kill -0 "$server" 2>/dev/null || { cat "$work/log"; echo "the service did not start"; exit 1; }
    sleep 0.1
  done
  echo "the service was not ready within 30 s"
  exit 1
}
