#!/bin/sh
# Exports every preset's StableHLO programs from their JAX source. Needs Python 3.11 or newer; the trainer does not.
# Usage: export.sh [--output FOLDER | --environment-only]
#   --output FOLDER      writes below FOLDER, which SIGNALBOX_PROGRAMS can name, instead of over the repository's
#   --environment-only   only installs JAX and the rest under .tools/export-venv
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv="$root/.tools/export-venv"
stamp="$venv/requirements.installed"
output=$here
case "$#${1+ $1}" in
    0 | '1 --environment-only') ;;
    '2 --output') output=$2 ;;
    *) output= ;;
esac
if [ -z "$output" ]; then
    echo 'export: usage: export.sh [--output FOLDER | --environment-only]' >&2
    exit 64
fi
if ! cmp -s "$here/requirements.txt" "$stamp"; then
    rm -rf "$venv"
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --retries 10 --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$stamp"
fi
[ "${1-}" != --environment-only ] || exit 0
JAX_PLATFORMS=cpu PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/export.py" --output="$output"
