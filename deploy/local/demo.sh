#!/bin/sh
# The whole way on this machine: episodes of a robot become a trained, registered, downloaded model.
# Usage: demo.sh [FOLDER OF THE PROGRAMS]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
bin=${1:-.build/release}
signalbox=$bin/signalbox
episodes=Tests/Fixtures/episodes
robot=sawyer-sim
environment=metaworld-reach-v3
begun=$(date +%s)

mkdir -p .signalbox/demo
work=$(mktemp -d .signalbox/demo/XXXXXX)
# Settings of another cloud must not reach the demo.
unset GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT STORAGE_EMULATOR_HOST FIRESTORE_EMULATOR_HOST
for name in $(env | sed -n 's/^\(SIGNALBOX_[A-Z0-9_]*\)=.*/\1/p'); do
    [ "$name" = SIGNALBOX_PJRT_PLUGIN ] || unset "$name"
done
export SIGNALBOX_STATE="$root/$work/state"
SIGNALBOX_PJRT_PLUGIN=${SIGNALBOX_PJRT_PLUGIN:-$(deploy/local/fetch-plugin.sh)}
export SIGNALBOX_PJRT_PLUGIN

up=''
stop() {
    code=$?
    trap - EXIT INT TERM HUP
    if [ -n "$up" ]; then
        "$signalbox" local down >/dev/null 2>&1 || true
        wait "$up" 2>/dev/null || true
    fi
    if [ "$code" -ne 0 ]; then
        echo "demo: failed with $code; its state and logs stay in $work" >&2
    fi
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

bold=''
plain=''
if [ -t 1 ]; then
    bold=$(printf '\033[1m')
    plain=$(printf '\033[0m')
fi
step() { printf '\n%s%s%s  (%s s)\n' "$bold" "$1" "$plain" "$(($(date +%s) - begun))"; }
show() {
    printf '$ signalbox %s\n' "$*"
    "$signalbox" "$@"
}
# The decisions of a function about something, from its log, each once.
decisions() {
    grep -h -- "$2" "$SIGNALBOX_STATE/logs/$1.log" | sed -n "s/.*\"message\":\"\([^\"]*\)\".*/  $1: \1/p" |
        awk '!seen[$0]++' || true
}

step '1. A local cloud: storage, documents, events, cron and four functions, each a process of its own'
"$signalbox" local up --bin-dir "$bin" >"$work/up.log" 2>&1 &
up=$!
tries=0
until "$signalbox" local status >/dev/null 2>&1 && grep -q '^ready' "$work/up.log"; do
    tries=$((tries + 1))
    if ! kill -0 "$up" 2>/dev/null || [ "$tries" -gt 400 ]; then
        cat "$work/up.log" >&2
        exit 69
    fi
    sleep 0.1
done
show local status

step '2. A key for the robot, in a keyring that a root key signs, and a signed package of 24 episodes'
show keys new --id "$robot" --environment "$environment" --out "$work/keys"
show package "$episodes" --robot "$robot" --environment "$environment" --key "$work/keys/$robot.pem" \
    --key-id "$robot" --out "$work/package" --model-name reach >"$work/package-id"
package=$(tail -n 1 "$work/package-id")
echo "$package"
show verify "$work/package"

step '3. Upload, resumable; the intake verifies every byte and answers with a signed receipt'
echo "\$ signalbox upload $work/package --wait"
answer=$("$signalbox" upload "$work/package" --wait)
echo "$answer"
job=${answer##* }

step '4. The job: claimed by a function, trained by a process of its own'
show status "$job" --watch
decisions gcs-upload "$package"
decisions firestore-job "$job"
show jobs list

step '5. The registered model, verified and installed whole'
show models list
show download reach --out "$work/models/reach"

step '6. The same upload again: nothing is trained'
show upload "$work/package" --wait --no-progress

step '7. An upload with one flipped byte: refused, with a receipt'
mkdir "$work/few"
for episode in ep_00000 ep_00001 ep_00002; do cp -r "$episodes/$episode" "$work/few/"; done
"$signalbox" package "$work/few" --robot "$robot" --environment "$environment" --key "$work/keys/$robot.pem" \
    --key-id "$robot" --out "$work/flipped" --no-progress >/dev/null 2>&1
archive=$work/flipped/archive.zip
byte=$(od -An -tu1 -j2000 -N1 "$archive" | tr -d ' ')
printf '%b' "\\0$(printf %o "$((byte ^ 1))")" | dd of="$archive" bs=1 seek=2000 conv=notrunc 2>/dev/null
if show upload "$work/flipped" --wait --no-progress; then
    echo 'demo: a damaged package was accepted' >&2
    exit 1
fi
test -s "$work/flipped/receipt.dsse.json"
echo "the signed receipt: $work/flipped/receipt.dsse.json"
show receipts list

step '8. What retention would remove'
prune=$("$signalbox" local status | awk '$1 == "scheduled-prune" { print $3 }')
echo "\$ curl --json '{\"task\": \"prune\", \"dry_run\": true}' $prune"
curl --noproxy '*' --silent --show-error --fail --header 'Content-Type: application/json' \
    --data '{"task": "prune", "dry_run": true}' "$prune" | sed 's/{"generation"/\
  &/g'
echo

step "The loss of $job"
"$signalbox" logs "$job" --plot
"$signalbox" jobs show "$job" | grep -E '^(model|loss|validation|time) '

step 'Made'
echo "package   $work/package"
echo "model     $work/models/reach"
echo "storage   $work/state/cloud"
echo "logs      $work/state/logs, $work/state/runs"
cat <<END

Next:
  $signalbox local up                        a local cloud that stays, in .signalbox
  $signalbox keys new --help                 a key for a robot of yours
  $signalbox package DIR --help              its episodes
  docs/cli.md                                every command
  docs/configuration.md                      the same on Google Cloud
END
