# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The part of tools/test that boots guests: the verifier and the scenarios on each kernel, the demo, and what
# the areas may cost.

declare -A area_ms     # "KERNEL AREA": guest time so far
declare -A kernel_new  # a kernel newer than the last that is known as good: its failures only warn

# boot_options AREA: boots of its own, for areas that need another kind of machine.
boot_options() {
    case $1 in
    labels) echo "--append preempt=full --smp 1" ;;
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

# boot_kernel KERNEL TIER TAG AREAS WORDS OPTIONS...: one boot for these words of in-guest; reports what came of
# it.
boot_kernel() {
    local kernel=$1 tier=$2 tag=$3 words=$5 areas=() out log status=0 filter=() area
    read -ra areas <<<"$4"
    shift 5
    out=$logs/$tag.out
    log=$logs/$tag.log
    rm -rf "$out"
    mkdir -p "$out"
    for area in "${areas[@]}"; do filter+=(--area "$area"); done
    [ "$tier" = all ] || filter+=(--tier "$tier")
    run_logged "$tag: guest with ${areas[*]}" "$log" vm-tests/guest/boot --kernel "$kernel" "$@" \
        --layer nginx --layer redis --timeout "$guest_limit" --out "$out" -- \
        tools/lib/in-guest build "$words" "${filter[@]}" || status=$?
    guest_ended "$kernel" "$tag" "$out" "$log" "$status"
    case " $words " in *" verify "*) verifier_said "$kernel" "$tag" "$out/verify" ;; esac
    case " $words " in *" differential "*) differential_said "$kernel" "$tag" "$out/differential" ;; esac
    case " $words " in *" boundary "*)
        word_said "$kernel" "$tag" "$out" boundary-wrong 1 "compared with another profile, it finds disagreements"
        word_said "$kernel" "$tag" "$out" boundary 0 "$(last_line "$out/boundary")"
        ;;
    esac
    case " $words " in *" redis "*) word_said "$kernel" "$tag" "$out" redis 0 "$(last_line "$out/redis")" ;; esac
    scenarios_said "$kernel" "$tag" "$out" "$log"
    spend "$kernel" "$out/scenarios.json" "$step_seconds" "${areas[@]}"
}

guest_ended() { # KERNEL TAG OUT LOG STATUS
    if [ "$5" != 0 ] || ! [ -s "$3/scenarios.json" ]; then
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
    if grep -qx "$4 $5" "$3/status" 2>/dev/null; then
        report passed "$2: $4: $6"
    else
        on_kernel "$1" failed "$2: $4: ${6:-no answer} (see $3/$4)"
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
    [ "$within" = 0 ] || say_line "budget: $within areas within their guest time"
}

run_demo() { # KERNEL
    local log=$logs/demo.log status=0
    run_logged "demo on $1" "$log" tools/demo --kernel "$1" || status=$?
    if [ "$status" = 0 ]; then
        report passed "demo on $1: $(tail -n 1 "$log")"
    else
        on_kernel "$1" failed "demo on $1 (status $status)"
        show_tail "$log" 40
    fi
    area_ms["$1 demo"]=$((step_seconds * 1000))
}

run_guests() {
    local kernel tier all=() shared own area words first=1
    for package in nginx redis; do
        run_logged "$package for the guests" "$logs/layer-$package.log" vm-tests/guest/layer "$package" \
            "$(layer_package "$package")" || { report failed "layer $package"; show_tail "$logs/layer-$package.log"; }
    done
    while read -r kernel; do
        tier=smoke
        { [ "$wanted_tier" = all ] || [ -n "$first" ]; } && tier=all
        first=''
        if fetch_kernel "$kernel"; then
            mapfile -t all < <(areas_of "$tier")
            shared=() own=() words=scenarios
            [ -n "$wanted_area" ] || words="verify $differential_in_guest boundary redis scenarios"
            for area in "${all[@]}"; do
                [ -z "$wanted_area" ] || [ "$wanted_area" = "$area" ] || continue
                if [ -n "$(boot_options "$area")" ]; then own+=("$area"); else shared+=("$area"); fi
            done
            [ ${#shared[@]} = 0 ] || boot_kernel "$kernel" "$tier" "$kernel" "${shared[*]}" "$words"
            for area in "${own[@]}"; do
                # shellcheck disable=SC2046 # several words are wanted
                boot_kernel "$kernel" "$tier" "$kernel-$area" "$area" scenarios $(boot_options "$area")
            done
            if [ "$tier" = all ] && { [ -z "$wanted_area" ] || [ "$wanted_area" = demo ]; }; then
                run_demo "$kernel"
            fi
        fi
    done < <(awk '!/^[[:space:]]*(#|$)/ { print $1 }' vm-tests/kernels)
    check_budgets
}

layer_package() { [ "$1" = redis ] && echo redis-server || echo "$1"; }
