#!/bin/sh
# Builds the harnesses with coverage and the address sanitizer, and runs each target from its kept corpus.
#
#   Tests/Fuzz/run.sh [--seconds N | --runs N] [TARGET…]     60 seconds each, of all targets, unless told otherwise;
#                                                            --runs tries the same inputs each time
#
# Ends with 1 at the first find; the input lies in .build-fuzz/finds/ then. What is new in coverage is kept in
# .build-fuzz/corpus/; `--merge` takes the least of it that covers the same into Tests/Fuzz/corpus/.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here="$root/Tests/Fuzz"
swift=${SWIFT:-swift}
work="$root/.build-fuzz"
limit="-max_total_time=60"
merge=''
still=''
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) limit="-max_total_time=$2" && shift 2 ;;
        --runs) limit="-runs=$2 -seed=1" && shift 2 ;;
        --merge) merge=1 && shift ;;
        *) break ;;
    esac
done

compiler=$(dirname "$(readlink -f "$(command -v "$swift")")")
SIGNALBOX_FUZZER_LIBRARY=$(find "$compiler/../lib" -name "libclang_rt.fuzzer_no_main-$(uname -m).a" | head -1)
[ -n "$SIGNALBOX_FUZZER_LIBRARY" ] || { echo "fuzz: no libclang_rt.fuzzer_no_main beside $compiler" >&2; exit 69; }
export SIGNALBOX_FUZZER_LIBRARY

mkdir -p "$work/Sources" "$work/finds"
cmp -s "$here/Package.swift.in" "$work/Package.swift" || cp "$here/Package.swift.in" "$work/Package.swift"
for room in CCurl COpenSSL CJSONC CArchive CChecksum Wire SignalboxCore; do
    ln -sfn "../../Sources/$room" "$work/Sources/$room"
done
ln -sfn ../../Tests/Fuzz/Harness "$work/Sources/Fuzz"

"$swift" build --package-path "$work" --scratch-path "$work/.build" --sanitize=address --product Fuzz \
    >"$work/build.log" 2>&1 || {
    grep -E 'error' "$work/build.log" || tail -20 "$work/build.log"
    exit 1
}
fuzz="$work/.build/debug/Fuzz"

# A number of runs is a check: the same inputs each time. Addresses and the seeds of hashing, which end up in what is
# tried, are not drawn then, as far as the system lets us, and what earlier runs found is left out.
found="$work/corpus"
case $limit in
    -runs=*)
        found="$work/runs"
        rm -rf "$found"
        still="setarch $(uname -m) --addr-no-randomize"
        $still true 2>/dev/null || still=''
        export SWIFT_DETERMINISTIC_HASHING=1
        ;;
esac

# Swift's own report of a crash would wait for a terminal; leaks are looked for at the end of a run only.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
targets=$*
[ -n "$targets" ] || targets=$("$fuzz" --list)
for target in $targets; do
    kept="$here/corpus/$target"
    new="$found/$target"
    mkdir -p "$kept" "$new"
    if [ -n "$merge" ]; then
        "$fuzz" "$target" -merge=1 -max_len=4096 "$kept" "$new" 2>&1 | tail -1
        continue
    fi
    log="$work/$target.log"
    # The words of both are words.
    # shellcheck disable=SC2086
    if $still "$fuzz" "$target" $limit -max_len=65536 -timeout=20 -rss_limit_mb=2048 \
        -artifact_prefix="$work/finds/$target-" "$new" "$kept" >"$log" 2>&1; then
        echo "$target: $(grep '^Done' "$log" | tail -1), $(grep -oE 'cov: [0-9]+' "$log" | tail -1)"
    else
        tail -40 "$log"
        echo "fuzz: $target has a find in $work/finds" >&2
        for find in "$work/finds/$target"-*; do
            [ ! -f "$find" ] || { echo "$find:" && base64 "$find" | head -40; } >&2
        done
        exit 1
    fi
done
