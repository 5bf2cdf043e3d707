# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The part of tools/test that boots guests: the verifier and the scenarios on each kernel, the demo, and what
# the areas may cost.

declare -A area_ms     # "KERNEL AREA": guest time so far
declare -A kernel_new  # a kernel newer than the last that is known as good: its failures only warn

# boot_options AREA: what its guest needs. Two guests with two processors each, on two cores, wait for each other's
# processors and are slower than one after the other; so a guest has one processor (base_options), and two where what
# is tested is a race between them. What doesn't care takes the boot of the labels, where tasks are preempted anywhere.
base_options='--smp 1'
boot_options() {
    case $1 in
    cache) echo "--smp 2" ;;
    labels | transition | process | capability | mount) echo "--append preempt=full --smp 1" ;;
    *) echo "$base_options" ;;
    esac
}

# areas_of TIER: the areas that have scenarios there.
areas_of() {
    local options=()
    [ "$1" = all ] || options=(--tier "$1")
    build/vm-tests/runner/glacis-scenarios --list "${options[@]}" vm-tests/scenarios | cut -f 1 | sort -u
}

fetch_kernel() { # NAME: 1 if there is none
    local log=$logs/kernel-$1.log good version
    if ! run_logged "kernel $1" "$log" vm-tests/guest/fetch-kernels "$1"; then
        report failed "kernel $1: could not be fetched"
        show_tail "$log"
        return 1
    fi
    version=$(awk -v name="$1" '$1 == name { version = $3 } END { print version }' "$log")
    good=$(awk -v name="$1" '$1 == name { print $4 }' vm-tests/kernels)
    if dpkg --compare-versions "$version" gt "$good"; then
        kernel_new[$1]=$version
        warn "kernel $1 is $version, newer than $good, the last on which every scenario passed: what fails on it" \
            "does not fail this run"
    fi
}

# on_kernel KERNEL KIND TEXT: report, except that a failure on a kernel that is newer than known is a warning.
on_kernel() {
    if [ "$2" = failed ] && [ -n "$1" ] && [ -n "${kernel_new[$1]:-}" ]; then
        warn "kernel $1 (${kernel_new[$1]}): $3"
        report skipped "$3 FAILED, on a kernel newer than the last known as good"
    else
        report "$2" "$3"
    fi
}

# Boots that wait, and those that run, by process id: each is a line "KERNEL|TIER|TAG|AREAS|WORDS|OPTIONS".
boots=()
declare -A running=() retried=()

# boot_guest KERNEL TIER TAG AREAS WORDS OPTIONS: starts one boot for these words of in-guest.
boot_guest() {
    local areas=() out=$logs/$3.out filter=() options=() area
    read -ra areas <<<"$4"
    read -ra options <<<"$6"
    rm -rf "$out"
    mkdir -p "$out"
    for area in "${areas[@]}"; do filter+=(--area "$area"); done
    [ "$2" = all ] || filter+=(--tier "$2")
    [ "$5" != systemd ] || options+=(--systemd --before "vm-tests/servers/systemd build before")
    start_logged "$3: guest with ${4:-$5}" "$logs/$3.log" vm-tests/guest/boot --kernel "$1" "${options[@]}" \
        --layer nginx --layer redis --layer oci --layer audit --timeout "$guest_limit" --out "$out" -- \
        tools/lib/in-guest build "$5" "${filter[@]}"
}

# guest_said STATUS KERNEL TIER TAG AREAS WORDS: reports what came of a boot.
guest_said() {
    local status=$1 kernel=$2 tag=$4 words=$6 areas=() out=$logs/$4.out log=$logs/$4.log word
    read -ra areas <<<"$5"
    guest_ended "$kernel" "$tag" "$out" "$log" "$status" "$words"
    for word in $words; do
        case $word in
        verify) verifier_said "$kernel" "$tag" "$out/verify" ;;
        differential) differential_said "$kernel" "$tag" "$out/differential" ;;
        boundary | boundary-short)
            word_said "$kernel" "$tag" "$out" boundary-wrong 1 "compared with another profile, it finds disagreements"
            word_said "$kernel" "$tag" "$out" "$word" 0 "$(last_line "$out/$word")"
            ;;
        apparmor | standin | on-host | no-room | pressure | redis | operator | learn-* | oci | escapes | podman | candidate | daemon | full | others | incident | flood | systemd | drill | guard)
            word_said "$kernel" "$tag" "$out" "$word" 0 "$(last_line "$out/$word")"
            ;;
        scenarios)
            scenarios_said "$kernel" "$tag" "$out" "$log"
            spend "$kernel" "$out/scenarios.json" "$step_seconds" "${areas[@]}"
            ;;
        esac
    done
    [ ! -s "$out/status" ] || spend_words "$kernel" "$tag" "$out/status"
}

# spend_words KERNEL TAG STATUS: what each word took.
spend_words() {
    local word seconds
    say_line "$2: $(awk '{ print $1, $3 " s" }' "$3" | paste -s -d ,)"
    while read -r word _ seconds; do
        [ "$word" = scenarios ] || area_ms["$1 $word"]=$((seconds * 1000)) # those are of areas
    done <"$3"
}

# emulator_failed STATUS LOG: with two processors, emulation at times executes the breakpoint that the kernel puts
# in place while it changes its code (as when a hook is attached), after it was taken out again; the kernel knows
# of none there and panics. A processor that is not emulated doesn't.
emulator_failed() { [ "$1" = 125 ] && grep -q 'Oops: int3' "$2"; }

# run_boots: all that wait. A scenario keeps one processor busy, so there is a guest for each.
run_boots() {
    local boot fields=() status next=0
    while [ "$next" -lt ${#boots[@]} ] || [ ${#running[@]} -gt 0 ]; do
        if [ "$next" -lt ${#boots[@]} ] && [ ${#running[@]} -lt "$guests_at_once" ]; then
            boot=${boots[next]}
            next=$((next + 1))
            IFS='|' read -ra fields <<<"$boot|"
            if [ "${fields[4]}" = demo ]; then start_demo "${fields[0]}"; else boot_guest "${fields[@]}"; fi
            running[$job]=$boot
            continue
        fi
        status=0
        wait_logged || status=$?
        boot=${running[$ended]}
        IFS='|' read -ra fields <<<"$boot|"
        unset "running[$ended]"
        if [ -z "${retried[$boot]:-}" ] && emulator_failed "$status" "$logs/${fields[2]}.log"; then
            warn "${fields[2]}: the emulated processor ran a breakpoint that the kernel had taken out of its code;" \
                "the guest is booted once more"
            retried[$boot]=1
            boots+=("$boot")
            continue
        fi
        if [ "${fields[4]}" = demo ]; then demo_said "$status" "${fields[0]}"; else guest_said "$status" "${fields[@]}"; fi
    done
    boots=()
}

guest_ended() { # KERNEL TAG OUT LOG STATUS WORDS
    if [ "$5" != 0 ] || { [[ " $6 " = *" scenarios "* ]] && ! [ -s "$3/scenarios.json" ]; }; then
        on_kernel "$1" failed "$2: the guest or its runner ended early (status $5); log $4"
        show_tail "$4"
    fi
}

verifier_said() { # KERNEL TAG FILE
    local word program rest
    [ -s "$3" ] || { on_kernel "$1" failed "$2: verifier: no answer"; return; }
    while read -r word program rest; do
        case $word in
        ok) count passed 1 ;;
        skip) report skipped "$2: verifier: $program $rest" ;;
        FAIL) on_kernel "$1" failed "$2: verifier: $program does not load (see $3)" ;;
        OVER) on_kernel "$1" failed "$2: verifier: $program needs $rest instructions, over its budget" ;;
        esac
    done < <(grep -E '^(ok|skip|FAIL|OVER) ' "$3")
    say_line "$2: verifier: $(grep -c '^ok ' "$3") programs within their budget"
}

# word_said KERNEL TAG OUT WORD STATUS TEXT: TEXT passed if this word of in-guest ended so.
word_said() {
    if grep -q "^$4 $5 " "$3/status" 2>/dev/null; then
        report passed "$2: $4: $6"
    else
        on_kernel "$1" failed "$2: $4: ${6:-no answer} (see $3/$4)"
        [ ! -s "$3/$4" ] || show_tail "$3/$4"
    fi
}

last_line() { tail -n 1 "$1" 2>/dev/null || true; }

differential_said() { # KERNEL TAG FILE
    local kind number text
    while read -r kind number text; do
        case $kind in
        passed) count passed "$number"; say_line "$2: differential: $number passed" ;;
        *) on_kernel "$1" "$kind" "$2: differential: $text" ;;
        esac
    done < <(tools/lib/counts.py gtest "$3")
}

scenarios_said() { # KERNEL TAG OUT LOG
    local kind number text passed=0 failed=0
    if [ ! -s "$3/scenarios.json" ]; then # what it got to before it ended
        passed=$(grep -c '^ok ' "$4") || true
        count passed "$passed"
        while read -r _ text; do on_kernel "$1" failed "$2: $text"; done < <(grep '^FAIL ' "$4")
        return
    fi
    while read -r kind number text; do
        case $kind in
        passed) count passed "$number"; passed=$number ;;
        *) on_kernel "$1" "$kind" "$2: $text"; failed=$((failed + number)) ;;
        esac
    done < <(tools/lib/counts.py scenarios "$3/scenarios.json")
    say_line "$2: $passed scenarios passed, $failed failed or skipped ($step_seconds s)"
}

# spend KERNEL JSON SECONDS AREA...: what the scenarios took goes to their areas; the rest of the boot's time
# is shared among the areas that shared the boot.
spend() {
    local kernel=$1 json=$2 seconds=$3 area ms sum=0 share
    local -A took=()
    shift 3
    if [ -s "$json" ]; then
        while read -r area ms _; do took[$area]=$ms sum=$((sum + ms)); done < <(tools/lib/counts.py areas "$json")
    fi
    share=$(((seconds * 1000 - sum) / $#))
    for area; do
        area_ms["$kernel $area"]=$((${area_ms["$kernel $area"]:-0} + ${took[$area]:-0} + share))
    done
}

check_budgets() {
    local key kernel area budget spent within=0
    for key in "${!area_ms[@]}"; do
        read -r kernel area <<<"$key"
        spent=${area_ms[$key]}
        budget=$(awk -v area="$area" '!/^#/ && $1 == area { print $2 }' vm-tests/budget)
        if [ -z "$budget" ]; then
            report failed "budget: area $area has no line in vm-tests/budget"
        elif [ "$spent" -gt "$(awk -v minutes="$budget" 'BEGIN { print int(minutes * 60000) }')" ]; then
            report failed "budget: $area on $kernel took $((spent / 1000)) s of guest time, more than $budget min"
        else
            count passed 1
            within=$((within + 1))
        fi
    done
    [ "$within" = 0 ] || say_line "budget: $within areas and words within their guest time"
}

start_demo() { start_logged "demo on $1" "$logs/demo-$1.log" tools/demo --kernel "$1"; } # KERNEL
demo_said() { # STATUS KERNEL
    local log=$logs/demo-$2.log
    if [ "$1" = 0 ]; then
        report passed "demo on $2: $(tail -n 1 "$log")"
    else
        on_kernel "$2" failed "demo on $2 (status $1)"
        show_tail "$log" 40
    fi
    area_ms["$2 demo"]=$((step_seconds * 1000))
}

# plan_kernel KERNEL TIER FIRST: what is to be booted on it, the longest first; FIRST is empty but for the first kernel.
# Areas share a boot, those that need the same of it; of the smoke tier all share one.
plan_kernel() {
    local all=() area options words=scenarios number=0 order=()
    local -A sharing=()
    [ -n "$wanted_area" ] || words+=" verify"
    mapfile -t all < <(areas_of "$2")
    for area in "${all[@]}"; do
        [ -z "$wanted_area" ] || [ "$wanted_area" = "$area" ] || continue
        options=$(boot_options "$area")
        [ "$2" = all ] || options=$(boot_options labels)
        [ -n "${sharing[$options]:-}" ] || order+=("$options")
        sharing[$options]+="${sharing[$options]:+ }$area"
    done
    if [ -z "$wanted_area" ] && [ "$2" = all ]; then
        plan_words "$1" "$3"
        words=scenarios # verify is one of those
    fi
    for options in "${order[@]}"; do
        number=$((number + 1))
        boots+=("$1|$2|$1-$number|${sharing[$options]}|$words|$options")
    done
    [ "$2" != all ] || { [ -n "$wanted_area" ] && [ "$wanted_area" != demo ]; } || boots+=("$1||demo-$1||demo|")
}

# plan_words KERNEL FIRST: the words of in-guest. What does not depend on the kernel is for the first alone, and what
# takes minutes there for the tier all.
plan_words() {
    local boundary=boundary longer=' apparmor candidate' guard=' guard' one=$base_options
    [ "$wanted_tier" = all ] || boundary='boundary-short' longer='' guard=''
    if [ -z "$2" ]; then
        # What switches ftrace off and on while something is being detached leaves 6.12 unable to attach anything.
        boots+=("$1|all|$1-host||daemon full|$one" "$1|all|$1-guard||guard|$one"
            "$1|all|$1-words||verify differential $boundary redis oci|$one")
        return
    fi
    boots+=("$1|all|$1-host||daemon full$guard|$one" # which ends locked
        "$1|all|$1-words||verify differential $boundary redis oci others$longer|$one"
        "$1|all|$1-standin||standin|$one --append lsm=lockdown,capability,apparmor") # a host that has AppArmor alone
    [ "$wanted_tier" = all ] || return 0
    boots+=("$1|all|$1-drill||drill|$one" "$1|all|$1-incident||flood incident|--smp 2"
        "$1|all|$1-escapes||escapes learn-redis pressure|$one" "$1|all|$1-systemd||systemd|$one"
        "$1|all|$1-on-host||operator on-host no-room|$one" # the second wants a kernel where nothing is pinned
        "$1|all|$1-podman||podman|$one --memory 4G --layer podman --layer nginx-image"
        "$1|all|$1-learn-1||learn-nginx learn-webapp|$one --layer webapp --memory 2G"
        "$1|all|$1-learn-2||learn-postgresql|$one --layer postgresql --memory 2G"
        "$1|all|$1-learn-3||learn-sshd|$one --layer sshd --memory 2G")
}

# make_packages: those that a guest installs.
make_packages() {
    rm -rf build/packages
    mkdir build/packages
    (cd build/packages && cpack -G DEB --config ../CPackConfig.cmake -D 'CPACK_COMPONENTS_ALL=glacis;glacisd;profiles')
}

run_guests() {
    local kernel tier layer words=() first=1
    wait "$prefetching" || true
    for layer in "${layers[@]}"; do
        read -ra words < <(layer_words "$layer")
        run_logged "$layer for the guests" "$logs/layer-$layer.log" vm-tests/guest/layer "${words[@]}" ||
            { report failed "layer $layer"; show_tail "$logs/layer-$layer.log"; }
    done
    [ "$wanted_tier" != all ] || run_logged "packages for the guests" "$logs/packages.log" make_packages ||
        { report failed "packages for the guests"; show_tail "$logs/packages.log"; }
    while read -r kernel; do
        tier=smoke
        { [ "$wanted_tier" = all ] || [ -n "$first" ]; } && tier=all
        if fetch_kernel "$kernel"; then plan_kernel "$kernel" "$tier" "$first"; fi
        first=''
    done < <(awk '!/^[[:space:]]*(#|$)/ { print $1 }' vm-tests/kernels)
    run_boots
    check_budgets
}

layer_words() { # NAME: what vm-tests/guest/layer takes for it
    case $1 in
    redis) echo redis redis-server ;;
    oci) echo oci runc crun ;;
    audit) echo audit auditd ;;
    webapp) echo webapp gunicorn python3-flask sqlite3 ;;
    postgresql) echo postgresql postgresql-15 postgresql-client-15 ;;
    sshd) echo sshd openssh-server openssh-client openssh-sftp-server ;;
    podman) echo podman podman runc crun uidmap slirp4netns ;;
    nginx-image) echo --root nginx-image nginx-light base-files base-passwd dash coreutils ;;
    *) echo "$1" "$1" ;;
    esac
}
