# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The checks of tools/test that need no build and no guest. Each prints what is wrong and returns 1.

# source_files PATTERN...: files of the checkout with such names, without what is built.
source_files() {
    local names=() pattern
    for pattern; do names+=(-o -name "$pattern"); done
    find . \( -path ./.git -o -path './build' -o -path './build-*' \) -prune -o -type f \( "${names[@]:1}" \) -print
}
script_files() {
    source_files '*.sh' # and what says so in its first line
    find . \( -path ./.git -o -path './build' -o -path './build-*' \) -prune -o -type f -perm /111 \
        ! -name '*.sh' -print | while read -r file; do
        head -n 1 "$file" | grep -qE '^#!/bin/(ba)?sh' && echo "$file"
    done || true
}

check_length() {
    local long
    # shellcheck disable=SC2046 # no name here has a blank; one that has would be found out
    long=$(source_files '*.c' '*.h' '*.cpp' '*.py' '*.sh' | xargs -d '\n' wc -l | awk '$1 >= 600 && $2 != "total"')
    [ -z "$long" ] || { printf '%s\nfiles are shorter than 600 lines\n' "$long"; return 1; }
}

check_licence() {
    local missing
    missing=$({ source_files '*.c' '*.h' '*.cpp' '*.py' '*.cmake' CMakeLists.txt; script_files; } |
        sort -u | xargs -d '\n' grep -L 'SPDX-License-Identifier: ' || true)
    [ -z "$missing" ] || { printf '%s\nno SPDX-License-Identifier in these\n' "$missing"; return 1; }
}

# What belongs to one machine or to unfinished work has no place in the source.
check_words() {
    local found host
    host=$(uname -n)
    found=$(source_files '*' | xargs -d '\n' grep -nIE '^(<<<<<<<|>>>>>>>) |\b(FIX''ME|X''XX)\b' || true)
    # A path that any system may have is none of this machine's.
    case $root in /*/*/*) found+=$(source_files '*' | xargs -d '\n' grep -nIF "$root" || true) ;; esac
    case $host in
    ?|??|???|????|????? | localhost* | debian*) ;;
    *) found+=$(source_files '*' | xargs -d '\n' grep -nIwF "$host" || true) ;;
    esac
    [ -z "$found" ] || { printf '%s\nmarks of unfinished work, or of this machine\n' "$found"; return 1; }
}

check_format() {
    source_files '*.c' '*.h' '*.cpp' | xargs -d '\n' clang-format-19 --dry-run --Werror
}

check_tidy() {
    find build -maxdepth 1 -name compile_commands.json | grep -q . || return 1
    run-clang-tidy-19 -quiet -j "$jobs" -p build "^$root/(manager|tests|vm-tests)/.*"
}

check_scripts() {
    script_files | xargs -d '\n' shellcheck -x -P SCRIPTDIR -S style
}
