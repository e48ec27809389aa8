#!/bin/sh
# Installs the PJRT plugin pinned in pjrt-plugin.txt under .tools/pjrt/ and prints the path of its shared library.
# Does nothing but print where it is already installed. Needs python3 with pip, or with venv to get one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
pin="$here/pjrt-plugin.txt"
tools="$root/.tools/pjrt"
python="${PYTHON:-python3}"

entry=$(sed -n '/^[^#]/p' "$pin")
wheel=${entry%% *}
sha256=${entry##*sha256:}
folder="$tools/$(printf %s "$wheel" | sed 's/==/-/')-$(printf %.12s "$sha256")"

library() {
    find "$folder" -name '*.so' 2>/dev/null | head -n 1
}

if [ -n "$(library)" ]; then
    library
    exit 0
fi

mkdir -p "$tools"
work=$(mktemp -d "$tools/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv "$work/venv" >&2 || {
        echo "fetch-plugin: neither pip nor venv works; install python3-venv and run this again" >&2
        exit 1
    }
    python="$work/venv/bin/python"
fi

echo "fetch-plugin: downloading $wheel (63 MB)" >&2
"$python" -m pip download --quiet --retries 10 --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --dest "$work/wheel" --requirement "$pin" >&2

found=$(sha256sum "$work"/wheel/*.whl | cut -d ' ' -f 1)
if [ "$found" != "$sha256" ]; then
    echo "fetch-plugin: the wheel's SHA-256 is $found, pinned is $sha256; nothing was installed" >&2
    exit 1
fi

mkdir "$work/content"
"$python" -m zipfile -e "$work"/wheel/*.whl "$work/content"
# Where it is there but holds no library it was cut short, and is in the way.
[ ! -e "$folder" ] || [ -n "$(library)" ] || rm -rf "$folder"
# Renaming is atomic: of several that install at once the first wins and the others find it there.
mv -T "$work/content" "$folder" 2>/dev/null || [ -n "$(library)" ]
if [ -z "$(library)" ]; then
    echo "fetch-plugin: $wheel holds no shared library" >&2
    exit 1
fi
library
