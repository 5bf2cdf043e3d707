#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# guest.sh BUILD: in a guest that counts instructions, measures every operation in every configuration. Leaves
# /out/results, lines "CONFIGURATION OPERATION COUNT", and tells how far it is.
set -euo pipefail
build=$1/tests/bench
profiles=$1/bench
folder=/tmp/bench
sizes=(10 100 1000)
domains=200

policy() { "$build/glacis-bench-policy" "$@"; }
# Detaching ends in the kernel's own time: what the last configuration left is paid by the next until then.
settle() { sleep 5; }
# measure CONFIGURATION COMMAND...: COMMAND starts the measured program in that configuration.
measure() {
    local name=$1
    shift
    "$folder/bin/op" files
    settle
    if "$@" "$folder/bin/op" >"$folder/out/$name" 2>"$folder/out/errors" </dev/null; then
        sed "s/^/$name /" "$folder/out/$name" >>"$folder/results"
        echo "guest: measured $name"
    else
        echo "guest: $name: $(cat "$folder/out/errors")" >&2
        exit 1 # a table with a column less would meet its targets
    fi
}
enter() { "$build/glacis-bench-policy" enter "$@"; }
measure_empty() {
    local hooks
    mapfile -t hooks < <(sed -n 's/^.*X([A-Z_]*, [0-9]*, "\([a-z_]*\)".*$/\1/p' lsm/abi/hooks.h)
    measure empty "$build/glacis-bench-empty" "${hooks[@]}" --
}
measure_glacis() {
    local size
    policy load "$profiles"/bench*.toml
    measure unconfined env
    for size in "${sizes[@]}"; do measure "glacis$size" enter "bench$size"; done
    policy unload "${sizes[@]/#/bench}"
}
# The same without the cache, which is chosen when the programs are loaded.
measure_no_cache() {
    rm -r /sys/fs/bpf/glacis
    export GLACIS_NO_CACHE=1
    policy load "$profiles/bench10.toml"
    measure nocache10 enter bench10
    policy unload bench10
    unset GLACIS_NO_CACHE
    rm -r /sys/fs/bpf/glacis
}
measure_domains() {
    policy many "$domains" "$profiles/bench10.toml" >"$folder/out/domains"
    sed 's/^/domains /' "$folder/out/domains" >>"$folder/results"
    echo "guest: measured $domains domains"
    rm -r /sys/fs/bpf/glacis
}
measure_apparmor() {
    local size
    settle
    for size in "${sizes[@]}"; do
        apparmor_parser -K -r "$profiles/bench$size.aa"
        measure "apparmor$size" aa-exec -p "bench$size" --
    done
}

mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security
mkdir -p "$folder"/{bin,out}
cp "$build/glacis-bench-op" "$folder/bin/op"
measure none env
measure_empty
measure_glacis
measure_no_cache
measure_domains
measure_apparmor
cp "$folder/results" /out/results
