#!/bin/sh
# The figures of docs/benchmarks.md, each a ratio of two measurements of the same run on this machine.
# Usage: bench.sh [FOLDER OF THE PROGRAMS]
#   start and memory   each handler against the upload handler in Python (functions-framework, the official clients)
#   verification       `signalbox verify` of a 1 GiB stored zip against `openssl dgst -sha256` of the same bytes
#   archives           memory for 10 MiB and 10 GiB, and throughput by format against `openssl speed`
#   training           step, start, memory and size against JAX's, the same program and batch, for each preset
#   policies           the best constant and the least-squares linear policy on the demo's data
#   checkpoints        what they keep a training from, and its time with them to its time without
#   pipeline           events a second from upload to launch, and to the registered model, on this machine's local cloud
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
bin=$(cd "${1:-.build/release}" && pwd)
bench=Tests/Bench
runs=${SIGNALBOX_BENCH_RUNS:-9}
mkdir -p .signalbox
work=$(mktemp -d .signalbox/bench.XXXXXX)
# Settings of another cloud must not reach the bench.
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
    trap - EXIT
    if [ -n "$up" ]; then
        "$bin/signalbox" local down >/dev/null 2>&1 || true
        wait "$up" 2>/dev/null || true
    fi
    rm -rf "$work"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

peer=.tools/bench-venv
stamp=$peer/requirements.installed
if ! cmp -s "$bench/functions_framework/requirements.txt" "$stamp"; then
    echo 'bench: installing the Python peer' >&2
    rm -rf "$peer"
    python3 -m venv "$peer"
    "$peer/bin/pip" install --quiet --disable-pip-version-check -r "$bench/functions_framework/requirements.txt"
    cp "$bench/functions_framework/requirements.txt" "$stamp"
fi

number() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

: >"$work/up.log"
"$bin/signalbox" local up --bin-dir "$bin" >"$work/up.log" 2>&1 &
up=$!
tries=0
until grep -q '^ready' "$work/up.log"; do
    tries=$((tries + 1))
    if ! kill -0 "$up" 2>/dev/null || [ "$tries" -gt 400 ]; then
        cat "$work/up.log" >&2
        exit 69
    fi
    sleep 0.1
done

# The functions of the bench run beside those of the local cloud, in the same surroundings.
start() { # EVENT COMMAND…
    event=$1
    shift
    (
        eval "$("$bin/signalbox" local env)"
        export SIGNALBOX_RECEIPT_KEY="$SIGNALBOX_STATE/keys/intake.pem"
        python3 "$bench/functions_framework/start.py" --runs "$runs" --event "$event" -- "$@"
    )
}

echo 'start to first answer, and resident memory then'
python=$(start events/storage-archive-finalized.json \
    "$peer/bin/functions-framework" --target handle --source "$bench/functions_framework/main.py" --host 127.0.0.1)
python_ms=$(echo "$python" | number milliseconds)
python_kb=$(echo "$python" | number resident_kilobytes)
echo "  python           $python_ms ms  $python_kb KiB"
for handler in gcs-upload:storage-archive-finalized firestore-job:firestore-job-created \
    scheduled-prune:scheduler-sweep; do
    name=${handler%%:*}
    ours=$(start "events/${handler##*:}.json" "$bin/$name")
    ms=$(echo "$ours" | number milliseconds)
    kb=$(echo "$ours" | number resident_kilobytes)
    echo "  $name  $ms ms  $kb KiB  $(ratio "$python_ms" "$ms") times sooner  $(ratio "$python_kb" "$kb") times smaller"
done

echo 'verification of a stored zip of 1 GiB'
mkdir "$work/large"
cp -r Tests/Fixtures/episodes/ep_00000 "$work/large/"
mkdir "$work/large/ep_00000/blobs"
for part in 0 1 2 3; do head -c 268435456 /dev/urandom >"$work/large/ep_00000/blobs/part-$part.bin"; done
"$bin/signalbox" keys new --id bench --environment bench --out "$work/keys" --keyring "$work/keyring.json" >/dev/null
"$bin/signalbox" package "$work/large" --robot bench --environment bench --key "$work/keys/bench.pem" --key-id bench \
    --out "$work/package" --no-progress >/dev/null 2>&1
rm -r "$work/large"
cat "$work/package/archive.zip" >/dev/null # both read from memory
verify=$("$bin/signalbox" verify "$work/package" --keyring "$work/keyring.json" --json)
openssl=$(python3 -c '
import subprocess, sys, time
start = time.perf_counter()
subprocess.run(["openssl", "dgst", "-sha256", sys.argv[1]], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start)' "$work/package/archive.zip")
episodes=$(echo "$verify" | number episode_seconds)
seconds=$(python3 -c 'import sys; print(float(sys.argv[1]) - float(sys.argv[2]))' \
    "$(echo "$verify" | number seconds)" "$episodes")
echo "  signalbox verify $seconds s, and the episodes $episodes s"
echo "  peak             $(echo "$verify" | number peak_resident_kilobytes) KiB"
echo "  openssl dgst     $openssl s"
echo "  speed of openssl's: $(ratio "$openssl" "$seconds")"

Sources/Training/Programs/export.sh --environment-only
python3 "$bench/training.py" --bin "$bin" --scratch "$work"
echo 'loss of the demo beside simple policies'
.tools/export-venv/bin/python "$bench/linear_policy.py" Tests/Fixtures/episodes

echo 'what checkpoints cost the training of the demo'
python3 "$bench/checkpoints.py" --bin "$bin"

python3 "$bench/archives.py" --bin "$bin" --scratch "$work"

echo 'events from upload to launch (60 packages of one episode, a stand-in for the trainer)'
python3 "$bench/pipeline.py" --bin "$bin" --packages 60

echo 'events from upload to the registered model (10 packages of one episode, trained for an epoch)'
python3 "$bench/pipeline.py" --bin "$bin" --packages 10 --to completed
