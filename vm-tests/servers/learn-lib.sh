# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts learn-* of the servers share; sourced in a guest, with $1 the command glacis and $2 glacis-act.
# A script says
#   name       of the profile          server        array: the command, which stays in the foreground
#   answers    waits until it serves   work RUN      the workload that is learned
#   stop       ends the server         other_work    another workload; `confined` starts the server again
# and calls learn_server, attacks, then learned_end.
# shellcheck disable=SC2154 # they are the script's
set -euo pipefail
glacis=$1
act=$2
runner='' batch='' wrong=0
log=/tmp/learn-$name.log
fail() { echo "learn-$name: $*"; tail -n 20 "$log" 2>/dev/null || true; exit 1; }
note_wrong() { echo "WRONG: $*"; wrong=$((wrong + 1)); }
within() { # SECONDS COMMAND...: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 0.2; done
}
denied() { "$glacis" evidence list --domain "$name" --json | grep '"verdict": *"denied"' || true; }
count_denied() { denied | grep -c . || true; }

# Nothing of the script's ends without it.
confined() {
    "$glacis" run --profile "$name" -- "${server[@]}" >"$log" 2>&1 &
    runner=$!
    answers || fail "the server does not answer under its profile: $(denied | cut -c 1-600)"
}
ended() { wait "$runner" || true; }

# numbers REVIEW RECORDING: what the rules grant, over what was used. A recording holds no system calls, and what is
# learned from it lists none; `review --calls` reads them from the programs' code, and no command counts their use.
numbers() {
    python3 -S - "$1" "$2" <<'END'
import json, sys
review = json.load(open(sys.argv[1]))
rules, includes = review["proposals"], review["includes"]
wide = [one for one in rules if "inferred" in one]
beyond = sum(one["beyond"]["files"] for one in wide)
more = any(one["beyond"]["more"] for one in wide)
behaviours = [json.loads(line) for line in open(sys.argv[2]) if line.startswith("{")]
paths = set()
for one in behaviours:
    text = json.dumps(one)
    event = one.get("event", "") if isinstance(one.get("event", ""), str) else text
    words = event.split()
    if words and words[0] in ("file", "exec"):
        paths.update(word for word in words if word.startswith("/"))
caps = sum(one["rule"].startswith("capability ") for one in rules)
caps_used = len({one["event"] for one in behaviours if str(one.get("event", "")).startswith("capability ")})
print(f"numbers: {len(rules)} rules, {len(wide)} of them generalised ({100 * len(wide) / max(1, len(rules)):.0f} %), "
      f"{len(includes)} includes with {sum(one['rules_used'] for one in includes)} of {sum(one['rules'] for one in includes)}"
      f" rules used; generalised rules admit {beyond}{' or more' if more else ''} files beyond the {len(paths)} used;"
      f" {caps} capabilities granted, {caps_used} used; no system calls listed")
for one in wide:
    print(f"  {one['rule']}: {one['inferred']}; {one['beyond']['files']} beyond")
END
}

# learn_server: from nothing to enforced, then the other workload.
learn_server() {
    local run learner
    mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
    ip link set lo up
    chmod 1777 /tmp
    rm -rf "/etc/glacis/profiles/$name.toml" "/etc/glacis/profiles/$name.toml.d" "/var/lib/glacis/learn/$name".*
    for run in 1 2 3 4 5 6 7 8; do
        "$glacis" learn start "$name" -- "${server[@]}" >"$log" 2>&1 &
        learner=$!
        answers || fail "the server does not answer while it is learned"
        work "$run"
        stop
        wait $learner || fail "learning ended with $?"
        if [ "$run" = 1 ]; then
            ! "$glacis" mode "$name" enforce >/dev/null 2>&1 || fail "enforced after one run, without --force"
        fi
        ! "$glacis" coverage "$name" >/dev/null || break
        echo "run $run: $("$glacis" coverage "$name" | grep -E "^run $run |growing" | tr '\n' ';')"
    done
    "$glacis" coverage "$name" || fail "not ready after $run runs"
    "$glacis" learn export "$name" -o "/out/$name.recording"
    "$glacis" review "$name" --batch --json -I profiles >"/out/$name.review" 2>/dev/null &&
        fail "there was nothing to review"
    numbers "/out/$name.review" "/out/$name.recording" || true
    "$glacis" review "$name" --accept-all -I profiles || fail "the review ended with $?"
    cp "/etc/glacis/profiles/$name.toml.d/50-learned.toml" "/out/$name.toml"
    "$glacis" sim "/etc/glacis/profiles/$name.toml" --replay "$name" -I profiles ||
        fail "the recording would be refused"
    "$glacis" load -I profiles "/etc/glacis/profiles/$name.toml"
    "$glacis" mode "$name" enforce
    echo "holdout begins after $SECONDS s"
    confined
    other_work
    echo "holdout: $(count_denied) refusals"
    [ "$(count_denied)" = 0 ] || note_wrong "refused in its work: $(denied | cut -c 1-1500)"
}

# attack WHAT ABSENT ACT...: in a process that the profile is put on, and first outside of it. ABSENT is a file that
# only its success makes, or -.
attack() {
    local what=$1 absent=$2 outside inside before
    shift 2
    rm -f "$absent"
    outside=$("$act" "$@" 2>&1 || true)
    grep -q '"ok":true' <<<"$outside" || { note_wrong "$what: the control fails too: $outside"; return 0; }
    rm -f "$absent"
    before=$(count_denied)
    [ -n "$batch" ] || start_batch
    echo "it $*" >&7
    IFS= read -r -t 60 inside <&8 || { note_wrong "$what: no answer from inside"; return 0; }
    if grep -q '"ok":true' <<<"$inside"; then note_wrong "$what: succeeds inside: $inside"; return 0; fi
    [ "$absent" = - ] || [ ! -e "$absent" ] || note_wrong "$what: $absent is there"
    within 10 grown "$before" || { note_wrong "$what: no record: $inside"; return 0; }
    echo "refused: $what: $(grep -o '"errno_name":"[A-Z]*"' <<<"$inside" || true)," \
        "record $(denied | tail -n 1 | grep -o '"blockers":\[[^]]*\]' || true)"
}
grown() { [ "$(count_denied)" -gt "$1" ]; }
start_batch() {
    rm -f "/tmp/$name-in" "/tmp/$name-out"
    mkfifo "/tmp/$name-in" "/tmp/$name-out"
    "$act" --batch <"/tmp/$name-in" >"/tmp/$name-out" &
    batch=$!
    exec 7>"/tmp/$name-in" 8<"/tmp/$name-out"
    "$glacis" adopt $batch --profile "$name" >"/tmp/$name-adopted" 2>&1 || true
    "$glacis" status 2>/dev/null | grep -q "$name" || fail "no such domain: $(cat "/tmp/$name-adopted")"
}

# attacks DIR...: those that no server needs; a program is dropped in each DIR, where it may write.
attacks() {
    local dir victim
    "$act" --serve --tcp "${port:-4444}" --log "/tmp/$name-traffic" >"/tmp/$name-serving" &
    targets=$!
    within 20 grep -q ready "/tmp/$name-serving" || fail "nobody serves port 4444"
    sleep 1000 &
    victim=$!
    [ -e /etc/shadow ] || echo 'root:*:1::::::' >/etc/shadow
    [ "${needs_shadow:-}" = yes ] || attack "reads /etc/shadow" - file.read /etc/shadow
    attack "reads a key of root's" - file.read /root/.ssh/id_attack
    [ "${needs_shell:-}" = yes ] || attack "starts a shell" - exec.shell
    for dir; do attack "runs a dropped program in $dir" - exec.dropped "$dir"; done
    attack "runs a program from memory" - exec.memfd implant
    mkdir -p /etc/cron.d
    attack "writes a cron file" /etc/cron.d/backdoor file.create /etc/cron.d/backdoor
    attack "connects to a port that it does not need" - net.tcp_connect 127.0.0.1 "${port:-4444}"
    attack "binds a backdoor port" - net.bind_tcp 31337
    attack "opens a raw socket" - net.raw
    attack "uses a capability (sethostname)" - cap.sethostname
    attack "traces another process" - process.seize $victim
    attack "reads the kernel's log" - kernel.syslog
    attack "writes a program" /usr/local/bin/backdoor file.create /usr/local/bin/backdoor
    attack "maps memory writable and executable" - mem.mmap_wx
    kill $victim $targets
}

learned_end() {
    [ -z "$batch" ] || { exec 7>&- 8<&-; wait "$batch" || true; }
    "$glacis" unload "$name" || true
    [ $wrong = 0 ] || { echo "learn-$name: $wrong things are wrong"; exit 1; }
    echo "learn-$name: learned; another workload meets no refusal, attacks do"
}
