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
      *)
        case $command in
          '') command=${COMP_WORDS[i]} ;;
          evidence | export | learn) command="$command ${COMP_WORDS[i]}" ;;
        esac
        ;;
    esac
  done
  case $command in
    '') words='init check compile explain diff sim export import load unload mode confirm lock reload status run adopt learn coverage review watch top evidence why correlate notify report metrics doctor selftest drill candidate trace session version --help --json' ;;
    'init')
      words='--color --from --help --json --name --quiet --verbose -h -o -q -v'
      ;;
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
      words='--color --event --help --include --json --quiet --replay --verbose -I -e -h -q -v'
      files=1
      ;;
    'export')
      words='--color --help --json --quiet --verbose -h -q -v seccomp apparmor kubearmor systemd'
      ;;
    'export seccomp')
      words='--color --format --help --include --json --quiet --verbose -I -h -o -q -v'
      files=1
      ;;
    'export apparmor')
      words='--abi --color --help --include --json --quiet --strict --verbose -I -h -o -q -v'
      files=1
      ;;
    'export kubearmor')
      words='--color --help --host --include --json --quiet --strict --verbose -I -h -o -q -v'
      files=1
      ;;
    'export systemd')
      words='--color --help --include --json --quiet --strict --verbose -I -h -o -q -v'
      files=1
      ;;
    'import')
      words='--color --help --json --quiet --verbose -h -q -v apparmor seccomp systemd kubearmor'
      ;;
    'import apparmor')
      words='--color --help --include --json --quiet --strict --verbose -I -h -o -q -v'
      files=1
      ;;
    'import seccomp')
      words='--cap --color --help --json --name --quiet --strict --verbose -h -o -q -v'
      files=1
      ;;
    'import systemd')
      words='--color --groups --help --json --quiet --strict --verbose -h -o -q -v'
      files=1
      ;;
    'import kubearmor')
      words='--color --help --json --quiet --strict --verbose -h -o -q -v'
      files=1
      ;;
    'load')
      words='--color --dry-run --help --include --json --mode --no-adopt --quiet --verbose -I -h -q -v'
      files=1
      ;;
    'unload')
      words='--color --dry-run --force --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'mode')
      words='--color --confirm-within --dry-run --force --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'confirm')
      words='--color --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'lock')
      words='--color --help --json --quiet --until-restart --verbose -h -q -v'
      ;;
    'reload')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
    'status')
      words='--color --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'run')
      words='--backend --color --help --include --json --profile --quiet --verbose -I -h -p -q -v'
      domains=1
      ;;
    'adopt')
      words='--color --help --json --profile --quiet --require-none --verbose -h -p -q -v'
      domains=1
      ;;
    'learn')
      words='--color --help --json --quiet --verbose -h -q -v start status stop export merge import calls'
      ;;
    'learn start')
      words='--color --help --include --json --pid --profile --quiet --unit --verbose -I -h -q -v'
      domains=1
      ;;
    'learn status')
      words='--color --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'learn stop')
      words='--color --help --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'learn export')
      words='--color --help --json --quiet --verbose -h -o -q -v'
      domains=1
      ;;
    'learn merge')
      words='--color --help --json --quiet --verbose -h -o -q -v'
      files=1
      ;;
    'learn import')
      words='--color --help --json --quiet --verbose -h -q -v'
      files=1
      ;;
    'learn calls')
      words='--color --help --json --quiet --root --trace --verbose -h -q -v'
      ;;
    'coverage')
      words='--color --help --html --json --quiet --verbose -h -q -v'
      domains=1
      ;;
    'review')
      words='--accept-all --batch --calls --color --except --help --include --json --log --observed-only --owner --profile --quiet --reason --trace --until --unused --verbose -I -h -q -v'
      domains=1
      ;;
    'watch')
      words='--color --domain --help --json --quiet --verbose --verdict -h -q -v'
      ;;
    'top')
      words='--color --help --interval --json --quiet --verbose -h -q -v'
      ;;
    'evidence')
      words='--color --help --json --quiet --verbose -h -q -v list show verify key rotate'
      ;;
    'evidence list')
      words='--color --domain --file --grade --help --json --last --quiet --since-seq --verbose -h -q -v'
      ;;
    'evidence show')
      words='--color --file --help --json --quiet --verbose -h -q -v'
      ;;
    'evidence verify')
      words='--checkpoint --color --expect-count --file --help --json --key --quiet --verbose -h -q -v'
      ;;
    'evidence key')
      words='--color --file --help --json --quiet --verbose -h -q -v'
      ;;
    'evidence rotate')
      words='--color --file --help --json --quiet --verbose -h -q -v'
      ;;
    'why')
      words='--color --help --include --json --log --profile --quiet --verbose -I -h -q -v'
      domains=1
      ;;
    'correlate')
      words='--clock-tolerance --cloudtrail --color --domain --file --grade --help --json --k8s-audit --quiet --verbose -h -q -v'
      ;;
    'notify')
      words='--check --color --config --file --follow --help --json --quiet --state --verbose -h -q -v'
      ;;
    'report')
      words='--color --domain --file --grade --help --html --json --key --last --quiet --since-seq --verbose -h -q -v'
      ;;
    'metrics')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
    'doctor')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
    'selftest')
      words='--all --color --from --help --json --quiet --verbose -h -q -v'
      ;;
    'drill')
      words='--color --help --json --quiet --verbose -h -q -v list run verify'
      ;;
    'drill list')
      words='--color --help --json --quiet --verbose -h -q -v'
      ;;
    'drill run')
      words='--color --from --help --include --json --notify --quiet --report --scenario --technique --verbose -I -h -q -s -t -v'
      ;;
    'drill verify')
      words='--color --file --help --json --key --quiet --verbose -h -q -v'
      ;;
    'candidate')
      words='--color --for --help --include --json --quiet --verbose -I -h -q -v'
      files=1
      ;;
    'trace')
      words='--color --for --help --json --pid --quiet --refused --unit --verbose -h -q -v'
      domains=1
      ;;
    'session')
      words='--color --for --help --json --profile --quiet --reason --verbose -h -q -v'
      domains=1
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
