# SPDX-License-Identifier: Apache-2.0
# Written by `glacis completion bash`.

_glacis_domains() {
  glacis status --json 2>/dev/null | sed -n 's/^ *"domain": "\([^"]*\)",*$/\1/p'
}

_glacis() {
  local word=${COMP_WORDS[COMP_CWORD]} command='' words='' files='' domains='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --) compopt -o default; return ;;
      -*) ;;
      list | show) [ "$command" != evidence ] || command="evidence ${COMP_WORDS[i]}" ;;
      *) [ -n "$command" ] || command=${COMP_WORDS[i]} ;;
    esac
  done
  case $command in
    '') words='check compile explain diff sim load unload mode status run adopt evidence doctor selftest version --help --json' ;;
    'check')
      words='--color --concise --help --include --json --quiet --root --verbose -I -h -q -v'
      files=1
      ;;
    'compile')
      words='--color --help --include --json --quiet --verbose -I -h -o -q -v'
      files=1
      ;;
    'explain')
      words='--color --help --include --json --quiet --verbose -I -h -q -v'
      files=1
      ;;
    'diff')
      words='--color --help --include --json --quiet --verbose -I -h -q -v'
      files=1
      ;;
    'sim')
      words='--color --event --help --include --json --quiet --verbose -I -e -h -q -v'
      files=1
      ;;
    'load')
      words='--color --dry-run --help --include --json --mode --quiet --verbose -I -h -q -v'
      files=1
      ;;
    'unload')
      words='--color --dry-run --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'mode')
      words='--color --dry-run --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'status')
      words='--color --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'run')
      words='--color --help --include --json --profile --quiet --verbose -I -h -p -q -v'
      domains=1
      ;;
    'adopt')
      words='--color --help --json --profile --quiet --verbose -h -p -q -v'
      domains=1
      ;;
    'evidence')
      words='--color --help --json --quiet --verbose -h -q -v list show'
      ;;
    'evidence list')
      words='--color --domain --file --help --json --last --quiet --since-seq --verbose -h -q -v'
      ;;
    'evidence show')
      words='--color --file --help --json --quiet --verbose -h -q -v'
      ;;
    'doctor')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
    'selftest')
      words='--all --color --from --help --json --quiet --verbose -h -q -v'
      ;;
    'version')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
  esac
  [ -z "$domains" ] || words="$words $(_glacis_domains)"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [ -z "$files" ] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _glacis glacis
