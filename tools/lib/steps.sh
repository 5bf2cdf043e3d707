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
job=''

end_job() {
    [ -n "$job" ] || return 0
    # A job has a process group of its own, so all of it ends and nothing else.
    kill -TERM -- "-$job" 2>/dev/null || true
    wait "$job" 2>/dev/null || true
    job=''
    erase_line
}
trap end_job EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

erase_line() { [ -z "$live" ] || printf '\r\033[K' >&2; }
# show_line TEXT SECONDS LOG: what runs, for how long, and the last thing that it said.
show_line() {
    local last width=${COLUMNS:-0}
    [ "$width" -gt 0 ] || width=$(stty size 2>/dev/null </dev/tty | cut -d ' ' -f 2) || true
    [ "${width:-0}" -gt 0 ] || width=100
    last=$(tail -c 400 "$3" 2>/dev/null | tr -d '\033\r' | tail -n 1 | tr -cd '[:print:]')
    printf '\r\033[K%.*s' "$((width - 1))" "$1 ($2 s)  $last" >&2
}

# run_logged TEXT LOG COMMAND...: runs it with its output in LOG; returns its status and sets step_seconds.
run_logged() {
    local text=$1 log=$2 start=$SECONDS status=0
    shift 2
    [ -n "$live" ] || say "$text"
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    job=$!
    set +m
    while [ -n "$live" ] && kill -0 "$job" 2>/dev/null; do
        show_line "$text" "$((SECONDS - start))" "$log"
        sleep 0.3
    done
    wait "$job" || status=$?
    job=''
    erase_line
    # shellcheck disable=SC2034 # for the caller
    step_seconds=$((SECONDS - start))
    return "$status"
}

show_tail() { # LOG [LINES]
    tail -n "${2:-25}" "$1" | sed 's/^/  | /' >&2
}
