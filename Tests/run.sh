#!/bin/sh
# All tests; arguments go to `swift test`. What failed is told once more at the end: the output of some thousand cases
# hides it, and continuous integration may keep no more than the last lines.
set -u
cd "$(dirname "$0")/.." || exit 1
SIGNALBOX_PJRT_PLUGIN="$(deploy/local/fetch-plugin.sh)" || exit 1
export SIGNALBOX_PJRT_PLUGIN
log=.build/test.log
status=.build/test.status
mkdir -p .build
rm -f "$status"
# One test at a time: many of them run servers and trainers, and two cores serve no more than one of those well.
{
    # What hangs is named, and does not take the time of all that follows.
    timeout --kill-after=30 "${TEST_SECONDS_MAX:-4200}" swift test --no-parallel "$@" 2>&1
    echo $? >"$status"
} | tee "$log"
code=$(cat "$status" 2>/dev/null || echo 1)
if [ "$code" -eq 124 ]; then
    echo "Not over after ${TEST_SECONDS_MAX:-4200} s; begun last:"
    grep -E '^◇ (Test|Suite) .* started' "$log" | tail -n 3
fi
if [ "$code" -ne 0 ]; then
    echo
    echo "What failed ($log has all of it):"
    grep -A 4 -E 'recorded an issue|error:|Fatal error' "$log" | grep -v -E 'started\.$|passed after' | tail -n 200
fi
exit "$code"
