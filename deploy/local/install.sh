#!/bin/sh
# Installs the Debian packages that building and running need, those only that are missing. Does nothing, and needs no
# rights, where all are there.
set -eu

packages='libcurl4-openssl-dev libssl-dev libjson-c-dev libarchive-dev libsqlite3-dev zlib1g-dev pkg-config curl
ca-certificates python3 python3-venv'
# Tests that need one of these are left out elsewhere; in continuous integration none is. Its image brings gcloud with
# the Firestore emulator and Java, which are not Debian's.
[ -z "${CI:-}" ] || packages="$packages spin gcc shellcheck perl"

missing=''
for package in $packages; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    exit 0
fi

echo "install: apt-get install$missing" >&2
as_root=''
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install: not root and no sudo here: have an administrator install$missing" >&2
        exit 77
    fi
    as_root=sudo
fi
$as_root apt-get -o Acquire::Retries=3 update --quiet >&2
# The list is split into words on purpose.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o Acquire::Retries=3 install --yes --quiet --no-install-recommends $missing >&2
