#!/usr/bin/env bash
# Checks the model of the lifecycle with spin: the model as it is must pass, and every rule left out must be found.
# Usage: check.sh [--deep]. Without spin or a C compiler it says so and ends with 0; with CI set it fails then.
set -euo pipefail

readonly here=$(cd "$(dirname "$0")" && pwd)
readonly seconds_max=${MODEL_SECONDS_MAX:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! command -v spin >/dev/null || ! command -v gcc >/dev/null; then
    echo "skipped: no spin or no gcc (apt-get install spin gcc)"
    [ -z "${CI:-}" ]
    exit
fi

# verify NAME KIND MACROS...: prints spin's own count of errors.
verify() {
    local name=$1 kind=$2
    shift 2
    mkdir -p "$work/$name"
    cd "$work/$name"
    local compile=(-DSAFETY) run=()
    if [ "$kind" = liveness ]; then
        set -- -DLIVENESS "$@"
        compile=(-DNFAIR=4 -DNOREDUCE)
        run=(-a -f)
    fi
    spin "$@" -a "$here/lifecycle.pml" >spin.txt
    gcc -O2 -w -o pan pan.c -DCOLLAPSE -DVECTORSZ=2048 "${compile[@]}"
    timeout "$seconds_max" ./pan -m3000000 "${run[@]}" >pan.txt 2>&1 || true
    # A search that did not reach its end proves nothing.
    if ! grep -q 'errors:' pan.txt || grep -qE 'max search depth too small|out of memory|truncated' pan.txt; then
        echo unfinished
    else
        sed -nE 's/.*errors: ([0-9]+).*/\1/p' pan.txt
    fi
}

passed=0
failed=0
expect() {
    local want=$1 name=$2 kind=$3
    shift 3
    local found
    found=$(verify "$name" "$kind" "$@")
    local states
    states=$(sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' "$work/$name/pan.txt" | head -1)
    local seen=found
    case $found in
        0) seen=holds ;;
        unfinished) seen=unfinished ;;
        # A deadlock, say, would be a mistake of the model's own.
        *) grep -qE 'assertion violated|acceptance cycle' "$work/$name/pan.txt" || seen='another error' ;;
    esac
    local why
    why=$(grep -hoE 'assertion violated.*|acceptance cycle' "$work/$name/pan.txt" | head -1 | sed 's/^/: /') || true
    if [ "$want" = "$seen" ]; then
        passed=$((passed + 1))
        echo "ok: $name: $want, $states states$why"
    else
        failed=$((failed + 1))
        echo "FAILED: $name: expected that it $want, errors: $found (macros: $*)"
        [ "$found" = unfinished ] && tail -5 "$work/$name/pan.txt"
    fi
}

readonly calm=(-DCANCELS=0 -DRETRIES=0)
readonly small=(-DLAUNCHERS=1 -DRUNS=2 -DATTEMPTS=1 -DBEATS=1)

expect holds people safety -DFAULTS=0
expect holds one-fault safety -DFAULTS=1 "${calm[@]}"
expect holds two-faults safety -DFAULTS=2 -DRUNS=2 "${calm[@]}"
expect holds retry safety -DFAULTS=1 -DRUNS=2 -DCANCELS=0
expect holds ends liveness -DFAULTS=1 "${small[@]}"
expect holds ends-after-two liveness -DFAULTS=2 "${small[@]}"
if [ "${1:-}" = --deep ]; then
    expect holds all-at-once safety -DFAULTS=1
    expect holds three-faults safety -DFAULTS=3 -DRUNS=2 "${calm[@]}"
fi

expect found cancel-without-asking safety -DFAULTS=0 -DNO_ASK
expect found no-compare-and-swap safety -DFAULTS=1 -DNO_CAS
expect found launch-before-claim safety -DFAULTS=1 -DLAUNCH_FIRST
expect found no-runner-fence safety -DFAULTS=1 -DNO_FENCE
expect found silence-of-one-side safety -DFAULTS=1 -DONE_SIDE
expect found no-release safety -DFAULTS=1 -DNO_RELEASE
expect found no-self-fence safety -DFAULTS=1 -DNO_SELF_FENCE
expect found no-wait-for-old-lease safety -DFAULTS=1 -DNO_OLD_LEASE
expect found any-word-takes-over safety -DFAULTS=3 -DRUNS=2 -DATTEMPTS=1 "${calm[@]}" -DANY_WORD
expect found sweep-second-run safety -DFAULTS=1 -DSWEEP_SECOND
expect found no-sweep liveness -DFAULTS=2 "${small[@]}" -DNO_SWEEP

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
