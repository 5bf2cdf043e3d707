# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What tools/demo and tools/test share: steps that run with their output in a log, shown as one live line on a
# terminal and as one line a step elsewhere; and an end that takes only our own children along.

tools_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # for the caller
root=$(cd "$tools_dir/.." && pwd)
umask 022
export PATH=$PATH:/usr/sbin:/sbin

name=${0##*/}
say() { printf '%s: %s\n' "$name" "$*" >&2; }
usage() { # the comment at the top of the script
    awk 'NR < 4 { next } !/^#/ || /^# shellcheck/ { exit } { sub(/^# ?/, ""); print }' "$0"
}
need_root() {
    [ "$(id -u)" = 0 ] && return
    say "root is needed to $1: run it with sudo"
    exit 4
}

live=''
[ ! -t 2 ] || [ "${TERM:-dumb}" = dumb ] || live=1
declare -A job_text=() job_log=() job_start=() # by process id: what runs

end_jobs() {
    local pid
    for pid in "${!job_text[@]}"; do
        # A job has a process group of its own, so all of it ends and nothing else.
        kill -TERM -- "-$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    job_text=()
    erase_line
}
trap end_jobs EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

erase_line() { [ -z "$live" ] || printf '\r\033[K' >&2; }
# show_jobs: what runs, for how long, and the last thing that it said, in one line.
show_jobs() {
    local pid last text='' width=${COLUMNS:-0}
    [ "$width" -gt 0 ] || width=$(stty size 2>/dev/null </dev/tty | cut -d ' ' -f 2) || true
    [ "${width:-0}" -gt 0 ] || width=100
    width=$(((width - 1) / ${#job_text[@]}))
    for pid in "${!job_text[@]}"; do
        last=$(tail -c 400 "${job_log[$pid]}" 2>/dev/null | tr -d '\033\r' | tail -n 1 | tr -cd '[:print:]')
        text+=$(printf '%-*.*s' "$width" "$((width - 1))" "${job_text[$pid]} ($((SECONDS - job_start[$pid])) s)  $last")
    done
    printf '\r\033[K%s' "$text" >&2
}

# start_logged TEXT LOG COMMAND...: starts it with its output in LOG; sets job to its process id.
start_logged() {
    local text=$1 log=$2
    shift 2
    [ -n "$live" ] || say "$text"
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    job=$!
    set +m
    job_text[$job]=$text job_log[$job]=$log job_start[$job]=$SECONDS
}

all_run() {
    local pid
    for pid in "${!job_text[@]}"; do kill -0 "$pid" 2>/dev/null || return 1; done
}

# wait_logged: waits until one of the jobs ends; returns its status, sets ended to its process id, and step_seconds.
wait_logged() {
    local status=0
    while [ -n "$live" ] && all_run; do
        show_jobs
        sleep 0.3
    done
    wait -n -p ended "${!job_text[@]}" || status=$?
    erase_line
    # shellcheck disable=SC2034 # for the caller
    step_seconds=$((SECONDS - job_start[$ended]))
    unset "job_text[$ended]" "job_log[$ended]" "job_start[$ended]"
    return "$status"
}

# run_logged TEXT LOG COMMAND...: one job from start to end.
run_logged() {
    start_logged "$@"
    wait_logged
}

show_tail() { # LOG [LINES]
    tail -n "${2:-25}" "$1" | sed 's/^/  | /' >&2
}
