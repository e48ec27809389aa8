#!/bin/sh
# Shows that the simulator sees what it is there to see: each file of this folder breaks one rule, of the core and the
# handlers or of the trainers and the clock that the test kit stands in for; the simulator must notice within 10,000
# schedules. Prints a table that counts the two apart, and ends with 1 where a mutant lives.
#
#   Tests/Mutants/run.sh [NAME…]     all mutants, or those named
#   Tests/Mutants/run.sh --check     only whether the text of each stands in its file; builds nothing
#
# A mutant is a file NAME.mutant: `# what it breaks`, then the variables `file`, `from` and `to`: the text of the file
# that is replaced, which must be there exactly once, and what replaces it; a second place as `file2`, `from2`, `to2`.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here="$root/Tests/Mutants"
schedules=${SIGNALBOX_MUTANT_SCHEDULES:-10000}
seed=${SIGNALBOX_MUTANT_SEED:-1}
swift=${SWIFT:-swift}

# The text replaced must be there exactly once: a mutant that changes nothing would look like one that lives.
once() {
    FILE="$1" FROM="$2" perl -e '
        local $/; open my $in, "<", $ENV{FILE} or die "$ENV{FILE}: $!\n"; my $text = <$in>; close $in;
        my $count = () = $text =~ /\Q$ENV{FROM}\E/g;
        die "$ENV{FILE} has the text of the mutant $count times, not once\n" unless $count == 1;'
}

all() { (cd "$here" && for f in *.mutant; do echo "${f%.mutant}"; done); }

if [ "${1:-}" = --check ]; then
    flaws=0
    for name in $(all); do
        file="" from="" to="" file2="" from2="" to2=""
        . "$here/$name.mutant"
        once "$root/$file" "$from" || flaws=1
        [ -z "$file2" ] || once "$root/$file2" "$from2" || flaws=1
    done
    exit "$flaws"
fi

# What is compared with is what was copied, whatever happens to the sources meanwhile.
work=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

mkdir -p "$work/Sources"
cp "$here/Package.swift.in" "$work/Package.swift"
for room in CCurl COpenSSL CJSONC CArchive CChecksum Wire SignalboxCore CloudEvents Handlers SignalboxTesting; do
    cp -R "$root/Sources/$room" "$work/Sources/$room"
    [ -d "$work/Original/Sources" ] || mkdir -p "$work/Original/Sources"
    cp -R "$root/Sources/$room" "$work/Original/Sources/$room"
done
mkdir -p "$work/Sources/Mutant"
cp "$here/main.swift.in" "$work/Sources/Mutant/main.swift"

build() {
    "$swift" build --package-path "$work" --configuration release --product Mutant >"$work/build.log" 2>&1 || {
        grep -E "error|warning" "$work/build.log" || tail -20 "$work/build.log"
        return 1
    }
}

replace() {
    once "$1" "$2"
    FILE="$1" FROM="$2" TO="$3" perl -e '
        local $/; open my $in, "<", $ENV{FILE} or die "$ENV{FILE}: $!\n"; my $text = <$in>; close $in;
        $text =~ s/\Q$ENV{FROM}\E/$ENV{TO}/;
        open my $out, ">", $ENV{FILE} or die "$ENV{FILE}: $!\n"; print $out $text; close $out;'
}

names=$*
[ -n "$names" ] || names=$(all)

# What a mutant breaks, by where its text stands.
part() {
    case $1 in
    Sources/SignalboxTesting/*) echo "test kit" ;;
    Sources/Handlers/*) echo handlers ;;
    *) echo core ;;
    esac
}

echo "| mutant | of | caught after | by invariant |"
echo "|---|---|---|---|"
lived=0 ours=0 ours_caught=0 kit=0 kit_caught=0
build
if "$work/.build/release/Mutant" "$seed" "$schedules" >"$work/answer"; then
    echo "| none | | never, as it should be | |"
else
    echo "| none | | $(cut -f1 "$work/answer") schedules | $(cut -f2 "$work/answer") |"
    lived=1
fi
for name in $names; do
    file="" from="" to="" file2="" from2="" to2="" caught=0
    . "$here/$name.mutant"
    replace "$work/$file" "$from" "$to"
    [ -z "$file2" ] || replace "$work/$file2" "$from2" "$to2"
    if ! build; then
        echo "| $name | $(part "$file") | does not compile | |"
        lived=1
    elif "$work/.build/release/Mutant" "$seed" "$schedules" >"$work/answer"; then
        echo "| $name | $(part "$file") | not within $schedules | |"
        lived=1
    else
        caught=1
        echo "| $name | $(part "$file") | $(cut -f1 "$work/answer") schedules | $(cut -f2 "$work/answer") |"
    fi
    case $(part "$file") in
    "test kit") kit=$((kit + 1)) kit_caught=$((kit_caught + caught)) ;;
    *) ours=$((ours + 1)) ours_caught=$((ours_caught + caught)) ;;
    esac
    for changed in "$file" $file2; do cp "$work/Original/$changed" "$work/$changed"; done
done
echo
echo "Caught: $ours_caught of $ours mutants of core and handlers, $kit_caught of $kit of the test kit."
exit "$lived"
