# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What boot, fetch-kernels and layer share: where the cache is, how to speak, and an apt of our own.

guest_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_root=$(cd "$guest_dir/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin # modprobe and depmod, for whoever is not root
umask 022
CACHE=${GLACIS_CACHE:-/var/cache/glacis}

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { note "$*"; exit "${die_status:-2}"; }
need() { command -v "$1" >/dev/null || die "'$1' is missing: run tools/setup guest"; }

make_cache() {
    mkdir -p "$CACHE" 2>/dev/null || true
    [ -w "$CACHE" ] || die "cannot write $CACHE: run as root, or set GLACIS_CACHE to a folder of your own"
    CACHE=$(realpath "$CACHE") # a guest's modules, layers and shares are named by true paths
}

# kernel_line NAME: its line of the kernel list, with single blanks and no comment.
kernel_line() {
    awk -v name="$1" '!/^[[:space:]]*(#|$)/ && $1 == name { $1 = $1; print }' "$repo_root/vm-tests/kernels"
}
kernel_names() { awk '!/^[[:space:]]*(#|$)/ { print $1 }' "$repo_root/vm-tests/kernels"; }

# find_mirror: sets mirror and security_mirror to where this host gets Debian from. Of several archives
# with a "main", Debian's own is the one that also has point-release updates or a security suite beside it.
find_mirror() {
    local targets
    # shellcheck disable=SC2016 # apt fills in the names
    targets=$(apt-get indextargets -o APT::Get::IndexTargets=0 --format '$(REPO_URI) $(RELEASE)' \
        'Created-By: Packages' 'Component: main') || true
    mirror=${GLACIS_MIRROR:-$(awk '
        { uri[NR] = $1; if ($2 ~ /^[a-z]+-updates$/) updates[$1] = 1; suite[NR] = $2 }
        END {
            for (i = 1; i <= NR; i++) if (suite[i] !~ /[-\/]/ && uri[i] in updates) { print uri[i]; exit }
            for (i = 1; i <= NR; i++) if (suite[i] !~ /[-\/]/) { print uri[i]; exit }
        }' <<<"$targets")}
    [ -n "$mirror" ] || die "no Debian archive in this host's apt sources: add one, or set GLACIS_MIRROR"
    mirror=${mirror%/}
    security_mirror=$(awk '$2 ~ /^[a-z]+-security$/ { print $1; exit }' <<<"$targets")
    security_mirror=${security_mirror:-$mirror-security}
    security_mirror=${security_mirror%/}
}

# private_apt SUITE: sets the array apt_options so that apt reads only that suite and writes only below the
# cache: the host's own sources, lists, locks and installed packages are neither used nor touched.
private_apt() {
    local suite=$1 dir=$CACHE/apt/$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg options='' sources
    find_mirror
    [ ! -e "$keyring" ] || options="[signed-by=$keyring] "
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    [ -e "$dir/status" ] || : >"$dir/status"
    sources="deb $options$mirror $suite main"
    [ "$suite" = sid ] || sources+="
deb $options$mirror $suite-updates main
deb $options$security_mirror $suite-security main"
    if [ "$(cat "$dir/sources.list" 2>/dev/null)" != "$sources" ]; then
        printf '%s\n' "$sources" >"$dir/sources.list"
        rm -f "$dir/updated"
    fi
    apt_options=(-qq -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o Dir::State="$dir" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache"
        -o APT::Architecture=amd64 -o APT::Sandbox::User=root -o Acquire::Retries=2
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
}

# apt_update SUITE: at most every six hours, so that a run of many boots asks the mirror once. Fails when the
# suite could not be read.
apt_update() {
    local dir=$CACHE/apt/$1
    [ -z "$(find "$dir/updated" -mmin -360 2>/dev/null)" ] || return 0
    apt-get "${apt_options[@]}" update >"$dir/update.log" 2>&1 || return 1
    # apt calls an unreachable mirror a warning.
    ! grep -q "^[EW]: Failed to fetch .*/$1/" "$dir/update.log" || return 1
    touch "$dir/updated"
}
