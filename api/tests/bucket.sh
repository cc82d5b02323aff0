#!/usr/bin/env bash
# Publishers and servers around a bucket, with the built programs and a store that speaks the real protocol.
#
#   api/tests/bucket.sh [s3 | azure | google]...      default s3
#
# s3     moto's server (PyPI), which checks signatures and permissions
# azure  Azurite, Microsoft's own (npm)
#
# google google.py beside this file, written after Google's description: of the emulators on PyPI and npm, fake-gcs-server
#        refuses the XML interface's puts, through which object_store writes, and gcp-storage-emulator knows no
#        generations, on which the pointer is put
#
# Needs python3 with venv (npm for azure), the network once, and built programs (`make build PROFILE=dev`).
set -euo pipefail
cd "$(dirname "$0")/../.."

moto=5.2.5 azurite=3.37.0
bin=${CARGO_TARGET_DIR:-$PWD/target}/${PROFILE_DIR:-debug}
tools=${SEGMENT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/customer-segmentation/tools}

# venv DIRECTORY PACKAGE...
venv() {
  [ -x "$1/bin/python" ] && [ -e "$1/complete" ] && return
  rm -rf "$1"
  python3 -m venv "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}" && touch "$1/complete"
}

for kind in "${@:-s3}"; do
  python=python3 server=
  case $kind in
    s3)
      dir=$tools/moto-$moto
      venv "$dir" "moto==$moto" flask flask-cors PyYAML py-partiql-parser || {
        echo "skipped: a bucket that speaks S3 (moto $moto cannot be installed: no python3-venv, or PyPI cannot be reached)"
        continue
      }
      python=$dir/bin/python server=$dir/bin/moto_server
      ;;
    azure)
      dir=$tools/azurite-$azurite
      [ -e "$dir/complete" ] || {
        mkdir -p "$dir" && (cd "$dir" && npm install --silent --no-audit --no-fund "azurite@$azurite" && touch complete)
      } || {
        echo "skipped: a container in Azure's protocol (azurite $azurite cannot be installed: no npm, or it has no network)"
        continue
      }
      server=$dir/node_modules/.bin/azurite-blob
      ;;
    google) server=api/tests/google.py ;;
    *)
      echo "$kind is none of s3, azure and google"
      exit 2
      ;;
  esac
  "$python" api/tests/bucket.py "$kind" "$server" "$bin"
done
