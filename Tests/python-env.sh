#!/bin/sh
# python-env.sh [NAME]: makes .tools/test-venv from Tests/requirements.txt, or .tools/NAME-venv from
# Tests/requirements-NAME.txt, where it is not there or not up to date, and prints the path of its Python. Safe to run
# from several tests at once.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
name=${1:-test}
venv="$root/.tools/$name-venv"
requirements="$root/Tests/requirements${1:+-$1}.txt"
stamp="$venv/requirements.sha256"

mkdir -p "$root/.tools"
exec 9>"$root/.tools/$name-venv.lock"
flock 9

wanted=$(sha256sum <"$requirements")
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --retries 10 --disable-pip-version-check -r "$requirements" >&2
    printf '%s\n' "$wanted" >"$stamp"
fi
printf '%s\n' "$venv/bin/python"
