/// The shell's part of a launch: what must go on when the launcher is killed between any two steps.
///
/// POSIX shell, setsid(1) of util-linux, and the coreutils. Not timeout(1): any SIGTERM that it passes on starts the
/// countdown to its SIGKILL, and a trainer that was asked by someone else to checkpoint may take its time.
enum RunScript {
    /// Starts the run in a session of its own and returns at once: init inherits it, no zombie stays.
    ///
    /// Arguments: ``run``, ``watch``, the run's folder, its time limit and the time to checkpoint in seconds, then the
    /// trainer's command line.
    static let start = #"""
        run=$1
        shift
        setsid /bin/sh -c "$run" "$0" "$@" </dev/null >>"$2/log" 2>&1 &
        """#

    /// `end_session LEADER`: kills what is left of a session but the calling shell, in whatever group it is
    /// (proc_pid_stat(5): behind the program's name come state, parent, group, session). More than once, for what was
    /// started meanwhile.
    private static let endSession = #"""
        end_session() {
            leader=$1
            for round in 1 2 3; do
                found=
                for stat in /proc/[0-9]*/stat; do
                    { read -r line < "$stat"; } 2>/dev/null || continue
                    set -- ${line##*) }
                    process=${stat#/proc/}
                    process=${process%/stat}
                    [ "${4-}" = "$leader" ] && [ "$1" != Z ] && [ "$process" != "$$" ] || continue
                    kill -s KILL "$process" 2>/dev/null
                    found=1
                done
                [ -n "$found" ] || return
            done
        }
        """#

    /// Claims the run (making a folder succeeds once), says who it is, runs the trainer, keeps its exit status.
    ///
    /// The trap (an ignored signal would be ignored by the trainer too) lets the shell outlive a SIGTERM to its
    /// session, while the trainer gets it in full; one that came before there was a trainer is passed on. One that
    /// comes between fork and exec may be lost, as the child still has the trap: hence the last look for `stop` by a
    /// shell of its own, on which a signal works.
    static let run =
        endSession + #"""

            watch=$1 folder=$2 seconds=$3 grace=$4
            shift 4
            asked=
            trap 'asked=1' TERM INT HUP
            if ! mkdir "$folder/claim" 2>/dev/null; then
                [ -d "$folder/claim" ] || echo "$folder/claim cannot be made"
                exit 1
            fi
            printf '%s %s %s\n' "$$" "$(cut -d ' ' -f 22 "/proc/$$/stat")" "$(cat /proc/sys/kernel/random/boot_id)" \
                > "$folder/process.tmp" && mv "$folder/process.tmp" "$folder/process" || exit 1
            keep() {
                [ -e "$folder/exit" ] && return
                printf '%s\n' "$1" > "$folder/exit.tmp" && mv "$folder/exit.tmp" "$folder/exit"
            }
            if [ -e "$folder/stop" ] || [ -n "$asked" ]; then
                keep '143 cancelled'
                exit
            fi
            setsid /bin/sh -c "$watch" "$0" "$folder" "$$" "$seconds" "$grace" </dev/null >/dev/null 2>&1 &
            watcher=$!
            /bin/sh -c '[ -e "$0/stop" ] && exit 143; exec "$@"' "$folder" "$@" &
            trainer=$!
            [ -z "$asked" ] || kill -s TERM "$trainer"
            # A signal ends a wait early, also one that comes together with the trainer's end: the last wait tells.
            wait "$trainer"
            while kill -s 0 "$trainer" 2>/dev/null; do wait "$trainer"; done
            wait "$trainer"
            code=$?
            end_session "$$"
            if [ -e "$folder/overtime" ]; then code="$code time_limit"; fi
            keep "$code"
            kill -s KILL -- "-$watcher"
            """#

    /// Ends a run at its time limit: asks, then kills. A session of its own, so that it outlives the run's, whose end
    /// it notices within two seconds.
    static let watch =
        endSession + #"""

            folder=$1 leader=$2 seconds=$3 grace=$4
            pass() {
                left=$1
                while [ "$left" -gt 0 ]; do
                    kill -s 0 -- "-$leader" 2>/dev/null || exit 0
                    if [ "$left" -gt 2 ]; then step=2; else step=$left; fi
                    sleep "$step"
                    left=$((left - step))
                done
            }
            pass "$seconds"
            : > "$folder/overtime"
            kill -s TERM -- "-$leader" 2>/dev/null || exit 0
            pass "$grace"
            kill -s KILL -- "-$leader" 2>/dev/null || exit 0
            end_session "$leader"
            [ -e "$folder/exit" ] && exit
            printf '137 time_limit\n' > "$folder/exit.watch.tmp" && mv "$folder/exit.watch.tmp" "$folder/exit"
            """#
}
