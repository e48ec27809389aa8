#!/bin/bash
# signed-curl.sh METHOD URL [BODY]: a request of the upload API, signed with a robot's key (RFC 9421) by openssl.
#
# KEY       the robot's private key (PEM)
# KEY_ID    its name in the keyring
# CRC32C    the archive's checksum in base64, with a body
# CREATED, NONCE, DIGEST, LEAVE_OUT (a component) replace what the script would say by itself
set -euo pipefail

method=$1 url=$2 body=${3:-}
names=() base=() options=(-sS -X "$method")

cover() { # NAME VALUE
    [ "$1" = "${LEAVE_OUT:-}" ] && return
    names+=("\"$1\"")
    base+=("\"$1\": $2")
}

cover @method "$method"
cover @target-uri "$url"
if [ -n "$body" ]; then
    digest=${DIGEST:-"sha-256=:$(openssl dgst -sha256 -binary "$body" | base64 -w0):"}
    cover content-digest "$digest"
    cover content-type application/json
    cover signalbox-archive-crc32c "$CRC32C"
    options+=(-H "Content-Digest: $digest" -H "Content-Type: application/json")
    options+=(-H "Signalbox-Archive-CRC32C: $CRC32C" --data-binary "@$body")
fi

created=${CREATED:-$(date +%s)}
nonce=${NONCE:-$(openssl rand -base64 18)}
parameters="(${names[*]});created=$created;keyid=\"$KEY_ID\";nonce=\"$nonce\";alg=\"ed25519\""

signed=$(mktemp)
trap 'rm -f "$signed"' EXIT
printf '%s\n' "${base[@]}" > "$signed"
printf '"@signature-params": %s' "$parameters" >> "$signed"
signature=$(openssl pkeyutl -sign -rawin -inkey "$KEY" -in "$signed" | base64 -w0)

curl "${options[@]}" -H "Signature-Input: sig1=$parameters" -H "Signature: sig1=:$signature:" "$url"
