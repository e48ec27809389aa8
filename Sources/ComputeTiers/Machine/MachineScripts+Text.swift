extension MachineScripts {
    /// What the start-up script is made of.
    ///
    /// `/dev/shm` is memory: what lies there is gone with the machine, and never on its disk.
    static let functions = #"""
        metadata=http://metadata.google.internal/computeMetadata/v1/instance
        scratch=/dev/shm/$run
        cause=unstarted
        status=1
        stopped=
        watcher=

        say() { printf 'signalbox: %s\n' "$*"; }

        ask() { curl --silent --fail --header 'Metadata-Flavor: Google' "$@"; }

        # The account's token, for a pipe.
        token() {
            ask --max-time 10 --retry 3 "$metadata/service-accounts/default/token" |
                sed -n 's/.*"access_token"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p'
        }

        # A call of a Google API as the machine's account; what is secret goes by standard input.
        call() {
            local bearer
            bearer=$(token)
            [ -n "$bearer" ] || return 1
            printf 'Authorization: Bearer %s\n' "$bearer" |
                curl --silent --show-error --fail --max-time 60 --output /dev/null --header @- "$@"
        }

        # How the run ended, and the last of its log.
        report() {
            { printf '%s %s\n' "$cause" "$status"; tail -c 4000 "$scratch/tail"; } >"$scratch/report" 2>/dev/null
            for _ in 1 2 3; do
                call --request POST --header 'Content-Type: text/plain; charset=utf-8' \
                    --data-binary "@$scratch/report" "$report_url" && return 0
                sleep 2
            done
            say 'the report could not be stored'
        }

        give_back() {
            local tries=0
            while [ "$tries" -lt "$deletions_max" ]; do
                call --request DELETE "$deletion_url" && return 0
                tries=$((tries + 1))
                say "the deletion of this machine was refused, $tries of $deletions_max"
                sleep 20
            done
            shutdown -h now
        }

        finish() {
            trap - EXIT
            trap '' TERM HUP INT
            [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
            # Shut down before there was a trainer.
            if [ "$cause" = unstarted ] && [ -n "$stopped" ]; then cause=lost; fi
            if docker inspect "$run" >/dev/null 2>&1; then
                docker logs --tail 30 "$run" >"$scratch/tail" 2>&1
            fi
            say "the run is over: $cause, status $status"
            report
            rm -rf "$scratch"
            give_back
        }

        # The system shuts down, or somebody ends this script.
        stop() {
            stopped=1
            say 'told to stop'
            docker stop -t "$grace" "$run" >/dev/null 2>&1
        }

        # The provider's notice comes before the shutdown begins. The watch is over with the run, also where nobody
        # ends it.
        watch_for_preemption() {
            local answer
            while [ -d "$scratch" ]; do
                answer=$(ask --max-time 90 "$metadata/preempted?wait_for_change=true&timeout_sec=60")
                if [ "$answer" = TRUE ]; then
                    : >"$scratch/preempted"
                    say 'the provider takes this machine back'
                    docker stop -t "$grace" "$run" >/dev/null 2>&1
                    return
                fi
                sleep 1
                # Without an answer there is no waiting for the next either.
                [ -n "$answer" ] || sleep 4
            done
        }

        """#

    /// What the start-up script does, in order.
    static let course = #"""
        # For at most two minutes.
        await_docker() {
            local tries=0
            until docker info >/dev/null 2>&1; do
                tries=$((tries + 1))
                [ "$tries" -lt 60 ] || { echo 'no Docker on this image' >"$scratch/tail"; return 1; }
                sleep 2
            done
        }

        # Container-Optimized OS installs its driver here; other images bring theirs, for at most ten minutes.
        prepare_gpu() {
            local device tries=0
            if command -v cos-extensions >/dev/null 2>&1; then
                { cos-extensions install gpu && mount --bind /var/lib/nvidia /var/lib/nvidia &&
                    mount -o remount,exec /var/lib/nvidia; } >"$scratch/tail" 2>&1 || return 1
                for device in /dev/nvidia*; do
                    [ ! -c "$device" ] || options+=(--device "$device")
                done
                options+=(--volume /var/lib/nvidia/lib64:/usr/local/nvidia/lib64)
                options+=(--volume /var/lib/nvidia/bin:/usr/local/nvidia/bin)
                return 0
            fi
            until nvidia-smi >"$scratch/tail" 2>&1; do
                tries=$((tries + 1))
                [ "$tries" -lt 120 ] || return 1
                sleep 5
            done
            options+=(--gpus all)
        }

        # The sign-in lies in memory, and is removed before the trainer starts.
        pull() {
            local tries result=1
            for tries in 1 2 3; do
                if [ -n "$registry" ]; then
                    token | DOCKER_CONFIG=$scratch/docker docker login --username oauth2accesstoken \
                        --password-stdin "https://$registry" >/dev/null 2>&1
                fi
                if DOCKER_CONFIG=$scratch/docker docker pull --quiet "$image" >"$scratch/tail" 2>&1; then
                    result=0
                    break
                fi
                say "the image could not be pulled, $tries of 3"
                sleep 10
            done
            rm -rf "$scratch/docker"
            return "$result"
        }

        # To Cloud Logging where the account may write there, else to the machine alone.
        start() {
            local driver
            for driver in gcplogs local; do
                docker run --detach --name "$run" --log-driver "$driver" --stop-timeout "$grace" "${options[@]}" \
                    "$image" "${arguments[@]}" >/dev/null 2>"$scratch/tail" && return 0
                docker rm --force "$run" >/dev/null 2>&1
            done
            return 1
        }

        train() {
            local waiter code state
            docker logs --follow "$run" 2>&1 &
            if [ "$is_spot" = 1 ]; then
                watch_for_preemption &
                watcher=$!
            fi
            timeout "$limit" docker wait "$run" >/dev/null 2>&1 &
            waiter=$!
            wait "$waiter"
            code=$?
            if [ -n "$stopped" ]; then
                # A signal broke off the wait, not the trainer.
                wait "$waiter"
                code=$?
                cause=stopped
            elif [ "$code" = 124 ]; then
                cause=limit
                say "the time limit of $limit s"
                docker stop -t 60 "$run" >/dev/null 2>&1
            else
                cause=ended
            fi
            [ ! -e "$scratch/preempted" ] || cause=preempted
            state=$(docker inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$run" 2>/dev/null)
            case $state in
                'false '*) status=${state#false } ;;
                # It is gone, or runs on while nobody waits for it: Docker was started again under it, say, and of a
                # trainer that runs it tells the exit status 0.
                *) cause=lost status=1 ;;
            esac
        }

        trap finish EXIT
        trap stop TERM HUP INT
        mkdir -p "$scratch" || exit
        await_docker || exit
        if docker inspect "$run" >/dev/null 2>&1; then
            cause=restarted
            exit
        fi
        [ "$has_gpu" = 0 ] || prepare_gpu || exit
        pull || exit
        [ -z "$stopped" ] || exit
        start || exit
        train

        """#
}
