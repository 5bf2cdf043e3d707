# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the tests of podman share, in a guest with the layers podman and nginx-image. The caller sets build and
# work, and fail TEXT.

glacis=$build/manager/cli/glacis
act=$build/vm-tests/acts/glacis-act
image=localhost/nginx:1

# call COMMAND...: with its output in $work/log.
call() { timeout 300 "$@" >"$work/log" 2>&1 </dev/null; }
said() { grep -q "$@" "$work/log"; }
records() { "$glacis" evidence list --domain "$1" --json; }

# No systemd is there to make cgroups. Its images and containers are on a file system that an overlay may use.
prepare_podman() {
    mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
    mkdir -p "$work" /var/lib/containers /etc/containers
    mount -t tmpfs tmpfs /var/lib/containers
    printf '%s\n' '[engine]' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' >/etc/containers/containers.conf
    # The hook and its file, where a package puts them.
    local hook
    hook=$(sed -n 's/.*"path": "\(.*\)".*/\1/p' "$build/manager/hook/50-glacis.json")
    install -D -t "${hook%/*}" "$build"/manager/hook/glacis-oci-{hook,runtime}
    install -D -m 644 -t /usr/share/containers/oci/hooks.d "$build/manager/hook/50-glacis.json"
    # Packing takes long in an emulated guest: without what nginx and a shell do not need.
    tar -C /srv/nginx-image --exclude 'gconv' --exclude './usr/bin/[!ds]*' --exclude './usr/share/[!n]*' -cf "$work/image" .
    call podman import --change 'CMD ["/usr/sbin/nginx", "-g", "daemon off;"]' "$work/image" "$image" ||
        fail "the image can't be imported"
}

# The shipped profile of nginx, and one program more: whoever took nginx over.
web_profile() {
    sed 's|^allow = "/usr/sbin/nginx"|allow = ["/usr/sbin/nginx", "/opt/act"]|' profiles/nginx.toml >profiles/podman-nginx.toml
    grep -q /opt/act profiles/podman-nginx.toml || fail "the profile of nginx has another form"
    echo profiles/podman-nginx.toml
}
