#!/bin/bash
# A Slurm cluster of one node with its REST server, for tests: all of it on loopback and free ports, its keys,
# configuration, state and logs in one folder, so that it meets no other Slurm of the machine.
#
#   slurm.sh install            the Debian packages, those only that are missing
#   slurm.sh start DIR [PID]    starts it, and stops it when the process PID is gone; DIR must not be there yet
#   slurm.sh stop DIR           stops what `start` started, kills its jobs, removes DIR
#   slurm.sh token DIR SECONDS  writes a new token into DIR/token
#   slurm.sh run DIR COMMAND …  a command of Slurm's (squeue, scontrol …) on that cluster
#
# `start` writes into DIR: url (of the REST server), token (for the user who asks), user, work (the folder for runs).
# Partitions: "spot" (the default; its jobs give way, with a notice of KillWait seconds) and "prio" (its jobs take what
# they need from the other). The node claims four processors and one generic resource, gpu:1, whatever it has.
set -euo pipefail

packages='slurmctld slurmd slurm-client slurmrestd slurm-wlm-basic-plugins slurm-wlm-jwt-plugin munge
iproute2'
cluster=signalbox-test
start_seconds=60
stop_seconds=30
kill_wait_seconds=20
token_seconds=86400

fail() {
    echo "slurm: $*" >&2
    exit 1
}

install_packages() {
    local missing=() package
    for package in $packages; do
        dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "not root and no sudo here: have an administrator install ${missing[*]}"
        as_root=(sudo --non-interactive)
    fi
    echo "slurm: apt-get install ${missing[*]}" >&2
    "${as_root[@]}" apt-get -o Acquire::Retries=3 update --quiet >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o Acquire::Retries=3 install --yes --quiet --no-install-recommends "${missing[@]}" >&2
}

# As many ports as asked for that nobody listens on.
free_ports() {
    local port found=' '
    for _ in $(seq 200); do
        port=$((20000 + RANDOM % 12000))
        ss --listening --tcp --numeric --no-header "sport = :$port" | grep -q . && continue
        case $found in *" $port "*) continue ;; esac
        echo "$port"
        found="$found$port "
        # shellcheck disable=SC2086  # words are counted
        [ "$(set -- $found && echo $#)" -lt "$1" ] || return 0
    done
    fail "no free ports"
}

write_configuration() {
    local dir=$1 controller=$2 node=$3 host user
    host=$(hostname -s)
    user=$(id -un)
    cat >"$dir/slurm.conf" <<CONF
ClusterName=$cluster
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$node
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$dir/jwt.key
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmdParameters=config_overrides
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmdSpoolDir=$dir/spool
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MinJobAge=300
KillWait=$kill_wait_seconds
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SchedulerParameters=sched_interval=1,bf_interval=1
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=2000 Gres=gpu:1 State=UNKNOWN
PartitionName=spot Nodes=$host Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE
PartitionName=prio Nodes=$host MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF
CONF
    echo 'Name=gpu File=/dev/null' >"$dir/gres.conf"
}

# The processes of a cluster: those whose environment names its configuration.
cluster_processes() {
    { grep --files-with-matches --null-data --line-regexp --fixed-strings \
        "SLURM_CONF=$1/slurm.conf" /proc/[0-9]*/environ 2>/dev/null || true; } | cut -d / -f 3
}

# Ends the cluster when the process is gone that it was started for, so that a killed test leaves nothing behind.
watch_owner() {
    # With the variable it, too, would look like a part of the cluster.
    unset SLURM_CONF
    while kill -0 "$2" 2>/dev/null && [ -e "$1" ]; do sleep 1; done
    [ ! -e "$1" ] || exec "$0" stop "$1"
}

give_up() {
    tail -n 20 "$1"/log/*.log >&2
    env -u SLURM_CONF "$0" stop "$1" || rm -rf "$1"
}

start() {
    local ports as_other=()
    dir=$(realpath --canonicalize-missing "$1")
    [ ! -e "$dir" ] || fail "$dir is there already"
    # Nothing stays of a start that fails.
    trap '[ $? -eq 0 ] || give_up "$dir"' EXIT
    mkdir -p "$dir"/{state,spool,log,work}
    chmod 0755 "$dir"
    mapfile -t ports < <(free_ports 3)
    (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key" && head -c 32 /dev/urandom >"$dir/jwt.key")
    write_configuration "$dir" "${ports[0]}" "${ports[1]}"
    export SLURM_CONF=$dir/slurm.conf
    # --force: munged wants folders that nobody else may write to, which /tmp is not.
    /usr/sbin/munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed" 2>>"$dir/log/munged.log"
    /usr/sbin/slurmctld
    /usr/sbin/slurmd
    # slurmrestd refuses to run as root, and as Slurm's own user unless told not to look.
    [ "$(id -u)" -ne 0 ] || as_other=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    SLURM_JWT=daemon SLURMRESTD_SECURITY=disable_user_check setsid "${as_other[@]}" /usr/sbin/slurmrestd \
        -a rest_auth/jwt -s openapi/v0.0.38 "127.0.0.1:${ports[2]}" >"$dir/log/slurmrestd.log" 2>&1 </dev/null &
    for _ in $(seq $((start_seconds * 5))); do
        if sinfo --noheader 2>/dev/null | grep -q idle &&
            ss --listening --tcp --numeric --no-header "sport = :${ports[2]}" | grep -q .; then
            echo "http://127.0.0.1:${ports[2]}" >"$dir/url"
            id -un >"$dir/user"
            token "$dir" "$token_seconds"
            [ -z "${2:-}" ] || watch_owner "$dir" "$2" >/dev/null 2>&1 </dev/null &
            return 0
        fi
        sleep 0.2
    done
    fail "the cluster did not come up within $start_seconds s"
}

token() {
    local value
    value=$(SLURM_CONF=$1/slurm.conf scontrol token username="$(id -un)" lifespan="$2")
    (umask 077 && printf '%s\n' "${value#SLURM_JWT=}" >"$1/token.new" && mv "$1/token.new" "$1/token")
}

stop() {
    local dir process
    dir=$(realpath --canonicalize-missing "$1")
    # Never another's Slurm, whatever folder is named.
    grep -qxF "ClusterName=$cluster" "$dir/slurm.conf" 2>/dev/null || fail "$dir is no cluster that was started here"
    # With the variable this script would look like a part of the cluster.
    [ -z "${SLURM_CONF:-}" ] || exec env -u SLURM_CONF "$0" stop "$dir"
    export SLURM_CONF=$dir/slurm.conf
    scancel --quiet --user="$(id -un)" 2>/dev/null || true
    for _ in $(seq $((stop_seconds * 5))); do
        [ -n "$(squeue --noheader 2>/dev/null || true)" ] || break
        sleep 0.2
    done
    unset SLURM_CONF
    for process in $(cluster_processes "$dir"); do kill -TERM "$process" 2>/dev/null || true; done
    for _ in $(seq $((stop_seconds * 5))); do
        [ -n "$(cluster_processes "$dir")" ] || break
        sleep 0.2
    done
    for process in $(cluster_processes "$dir"); do kill -KILL "$process" 2>/dev/null || true; done
    rm -rf "$dir"
}

run() {
    local dir=$1
    shift
    SLURM_CONF=$dir/slurm.conf exec "$@"
}

usage() { fail "usage: slurm.sh install | start DIR [PID] | stop DIR | token DIR SECONDS | run DIR COMMAND …"; }

case "${1:-}" in
install) install_packages ;;
start)
    [ $# -ge 2 ] || usage
    install_packages
    start "$2" "${3:-}"
    ;;
stop)
    [ $# -eq 2 ] || usage
    stop "$2"
    ;;
token)
    [ $# -eq 3 ] || usage
    token "$2" "$3"
    ;;
run)
    [ $# -ge 3 ] || usage
    shift
    run "$@"
    ;;
*) usage ;;
esac
