#!/bin/sh
# Exports every preset's StableHLO programs from their JAX source. Needs Python 3.11 or newer; the trainer does not.
# Usage: export.sh [--environment-only]   only installs JAX and the rest under .tools/export-venv
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv="$root/.tools/export-venv"
stamp="$venv/requirements.installed"
case "$*" in
    '' | --environment-only) ;;
    *)
        echo 'export: usage: export.sh [--environment-only]' >&2
        exit 64
        ;;
esac
if ! cmp -s "$here/requirements.txt" "$stamp"; then
    rm -rf "$venv"
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$stamp"
fi
[ $# -eq 0 ] || exit 0
for preset in development; do
    JAX_PLATFORMS=cpu PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/wavecore/export.py" \
        --preset "$preset" --output "$here/wavecore/$preset"
done
