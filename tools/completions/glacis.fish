# SPDX-License-Identifier: Apache-2.0
# Written by `glacis completion fish`.

complete -c glacis -n __fish_use_subcommand -a init -d 'Make a first profile, to start learning with'
complete -c glacis -n '__fish_seen_subcommand_from init' -l color
complete -c glacis -n '__fish_seen_subcommand_from init' -l from
complete -c glacis -n '__fish_seen_subcommand_from init' -l help
complete -c glacis -n '__fish_seen_subcommand_from init' -l json
complete -c glacis -n '__fish_seen_subcommand_from init' -l name
complete -c glacis -n '__fish_seen_subcommand_from init' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from init' -l verbose
complete -c glacis -n __fish_use_subcommand -a check -d 'Say what is wrong with profiles'
complete -c glacis -n '__fish_seen_subcommand_from check' -l color
complete -c glacis -n '__fish_seen_subcommand_from check' -l concise
complete -c glacis -n '__fish_seen_subcommand_from check' -l help
complete -c glacis -n '__fish_seen_subcommand_from check' -l include
complete -c glacis -n '__fish_seen_subcommand_from check' -l json
complete -c glacis -n '__fish_seen_subcommand_from check' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from check' -l root
complete -c glacis -n '__fish_seen_subcommand_from check' -l verbose
complete -c glacis -n __fish_use_subcommand -a compile -d 'Write a profile'\''s policy image'
complete -c glacis -n '__fish_seen_subcommand_from compile' -l color
complete -c glacis -n '__fish_seen_subcommand_from compile' -l help
complete -c glacis -n '__fish_seen_subcommand_from compile' -l include
complete -c glacis -n '__fish_seen_subcommand_from compile' -l json
complete -c glacis -n '__fish_seen_subcommand_from compile' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from compile' -l verbose
complete -c glacis -n __fish_use_subcommand -a explain -d 'Show what a profile or image enforces, or what a code means'
complete -c glacis -n '__fish_seen_subcommand_from explain' -l color
complete -c glacis -n '__fish_seen_subcommand_from explain' -l help
complete -c glacis -n '__fish_seen_subcommand_from explain' -l include
complete -c glacis -n '__fish_seen_subcommand_from explain' -l json
complete -c glacis -n '__fish_seen_subcommand_from explain' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from explain' -l verbose
complete -c glacis -n __fish_use_subcommand -a diff -d 'Show what a change of a profile changes'
complete -c glacis -n '__fish_seen_subcommand_from diff' -l color
complete -c glacis -n '__fish_seen_subcommand_from diff' -l help
complete -c glacis -n '__fish_seen_subcommand_from diff' -l include
complete -c glacis -n '__fish_seen_subcommand_from diff' -l json
complete -c glacis -n '__fish_seen_subcommand_from diff' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from diff' -l verbose
complete -c glacis -n __fish_use_subcommand -a sim -d 'Say what a policy would answer'
complete -c glacis -n '__fish_seen_subcommand_from sim' -l color
complete -c glacis -n '__fish_seen_subcommand_from sim' -l event
complete -c glacis -n '__fish_seen_subcommand_from sim' -l help
complete -c glacis -n '__fish_seen_subcommand_from sim' -l include
complete -c glacis -n '__fish_seen_subcommand_from sim' -l json
complete -c glacis -n '__fish_seen_subcommand_from sim' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from sim' -l replay
complete -c glacis -n '__fish_seen_subcommand_from sim' -l verbose
complete -c glacis -n __fish_use_subcommand -a export -d 'Write profiles for another enforcer'
complete -c glacis -n '__fish_seen_subcommand_from export' -l color
complete -c glacis -n '__fish_seen_subcommand_from export' -l help
complete -c glacis -n '__fish_seen_subcommand_from export' -l json
complete -c glacis -n '__fish_seen_subcommand_from export' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from export' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from export' -a seccomp
complete -c glacis -n '__fish_seen_subcommand_from export' -a apparmor
complete -c glacis -n '__fish_seen_subcommand_from export' -a kubearmor
complete -c glacis -n '__fish_seen_subcommand_from export' -a systemd
complete -c glacis -n __fish_use_subcommand -a import -d 'Make profiles of another enforcer'\''s policy'
complete -c glacis -n '__fish_seen_subcommand_from import' -l color
complete -c glacis -n '__fish_seen_subcommand_from import' -l help
complete -c glacis -n '__fish_seen_subcommand_from import' -l json
complete -c glacis -n '__fish_seen_subcommand_from import' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from import' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from import' -a apparmor
complete -c glacis -n '__fish_seen_subcommand_from import' -a seccomp
complete -c glacis -n '__fish_seen_subcommand_from import' -a systemd
complete -c glacis -n '__fish_seen_subcommand_from import' -a kubearmor
complete -c glacis -n __fish_use_subcommand -a load -d 'Put profiles in force'
complete -c glacis -n '__fish_seen_subcommand_from load' -l color
complete -c glacis -n '__fish_seen_subcommand_from load' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from load' -l help
complete -c glacis -n '__fish_seen_subcommand_from load' -l include
complete -c glacis -n '__fish_seen_subcommand_from load' -l json
complete -c glacis -n '__fish_seen_subcommand_from load' -l mode
complete -c glacis -n '__fish_seen_subcommand_from load' -l no-adopt
complete -c glacis -n '__fish_seen_subcommand_from load' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from load' -l verbose
complete -c glacis -n __fish_use_subcommand -a unload -d 'End a profile'\''s enforcement'
complete -c glacis -n '__fish_seen_subcommand_from unload' -l color
complete -c glacis -n '__fish_seen_subcommand_from unload' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from unload' -l force
complete -c glacis -n '__fish_seen_subcommand_from unload' -l help
complete -c glacis -n '__fish_seen_subcommand_from unload' -l json
complete -c glacis -n '__fish_seen_subcommand_from unload' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from unload' -l verbose
complete -c glacis -n __fish_use_subcommand -a mode -d 'Switch between observe, audit and enforce'
complete -c glacis -n '__fish_seen_subcommand_from mode' -l color
complete -c glacis -n '__fish_seen_subcommand_from mode' -l confirm-within
complete -c glacis -n '__fish_seen_subcommand_from mode' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from mode' -l force
complete -c glacis -n '__fish_seen_subcommand_from mode' -l help
complete -c glacis -n '__fish_seen_subcommand_from mode' -l json
complete -c glacis -n '__fish_seen_subcommand_from mode' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from mode' -l verbose
complete -c glacis -n __fish_use_subcommand -a confirm -d 'Keep a mode that was set for a time'
complete -c glacis -n '__fish_seen_subcommand_from confirm' -l color
complete -c glacis -n '__fish_seen_subcommand_from confirm' -l help
complete -c glacis -n '__fish_seen_subcommand_from confirm' -l json
complete -c glacis -n '__fish_seen_subcommand_from confirm' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from confirm' -l verbose
complete -c glacis -n __fish_use_subcommand -a lock -d 'Let nobody change what is in force, not even root'
complete -c glacis -n '__fish_seen_subcommand_from lock' -l color
complete -c glacis -n '__fish_seen_subcommand_from lock' -l help
complete -c glacis -n '__fish_seen_subcommand_from lock' -l json
complete -c glacis -n '__fish_seen_subcommand_from lock' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from lock' -l until-restart
complete -c glacis -n '__fish_seen_subcommand_from lock' -l verbose
complete -c glacis -n __fish_use_subcommand -a reload -d 'Look into the folders of profiles again'
complete -c glacis -n '__fish_seen_subcommand_from reload' -l color
complete -c glacis -n '__fish_seen_subcommand_from reload' -l help
complete -c glacis -n '__fish_seen_subcommand_from reload' -l json
complete -c glacis -n '__fish_seen_subcommand_from reload' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from reload' -l verbose
complete -c glacis -n __fish_use_subcommand -a status -d 'Show what is in force'
complete -c glacis -n '__fish_seen_subcommand_from status' -l color
complete -c glacis -n '__fish_seen_subcommand_from status' -l help
complete -c glacis -n '__fish_seen_subcommand_from status' -l json
complete -c glacis -n '__fish_seen_subcommand_from status' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from status' -l verbose
complete -c glacis -n __fish_use_subcommand -a run -d 'Start a program in a domain'
complete -c glacis -n '__fish_seen_subcommand_from run' -l backend
complete -c glacis -n '__fish_seen_subcommand_from run' -l color
complete -c glacis -n '__fish_seen_subcommand_from run' -l help
complete -c glacis -n '__fish_seen_subcommand_from run' -l include
complete -c glacis -n '__fish_seen_subcommand_from run' -l json
complete -c glacis -n '__fish_seen_subcommand_from run' -l profile
complete -c glacis -n '__fish_seen_subcommand_from run' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from run' -l verbose
complete -c glacis -n __fish_use_subcommand -a adopt -d 'Bind a running process to a domain'
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l color
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l help
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l json
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l profile
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l require-none
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l verbose
complete -c glacis -n __fish_use_subcommand -a learn -d 'Record what a program does'
complete -c glacis -n '__fish_seen_subcommand_from learn' -l color
complete -c glacis -n '__fish_seen_subcommand_from learn' -l help
complete -c glacis -n '__fish_seen_subcommand_from learn' -l json
complete -c glacis -n '__fish_seen_subcommand_from learn' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from learn' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from learn' -a start
complete -c glacis -n '__fish_seen_subcommand_from learn' -a status
complete -c glacis -n '__fish_seen_subcommand_from learn' -a stop
complete -c glacis -n '__fish_seen_subcommand_from learn' -a export
complete -c glacis -n '__fish_seen_subcommand_from learn' -a merge
complete -c glacis -n '__fish_seen_subcommand_from learn' -a import
complete -c glacis -n '__fish_seen_subcommand_from learn' -a calls
complete -c glacis -n __fish_use_subcommand -a coverage -d 'Say how much was seen, and whether that is enough'
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l color
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l help
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l html
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l json
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from coverage' -l verbose
complete -c glacis -n __fish_use_subcommand -a review -d 'Turn what was recorded into rules, with their evidence'
complete -c glacis -n '__fish_seen_subcommand_from review' -l accept-all
complete -c glacis -n '__fish_seen_subcommand_from review' -l batch
complete -c glacis -n '__fish_seen_subcommand_from review' -l calls
complete -c glacis -n '__fish_seen_subcommand_from review' -l color
complete -c glacis -n '__fish_seen_subcommand_from review' -l except
complete -c glacis -n '__fish_seen_subcommand_from review' -l help
complete -c glacis -n '__fish_seen_subcommand_from review' -l include
complete -c glacis -n '__fish_seen_subcommand_from review' -l json
complete -c glacis -n '__fish_seen_subcommand_from review' -l log
complete -c glacis -n '__fish_seen_subcommand_from review' -l observed-only
complete -c glacis -n '__fish_seen_subcommand_from review' -l owner
complete -c glacis -n '__fish_seen_subcommand_from review' -l profile
complete -c glacis -n '__fish_seen_subcommand_from review' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from review' -l reason
complete -c glacis -n '__fish_seen_subcommand_from review' -l trace
complete -c glacis -n '__fish_seen_subcommand_from review' -l until
complete -c glacis -n '__fish_seen_subcommand_from review' -l unused
complete -c glacis -n '__fish_seen_subcommand_from review' -l verbose
complete -c glacis -n __fish_use_subcommand -a watch -d 'Show records as they come'
complete -c glacis -n '__fish_seen_subcommand_from watch' -l color
complete -c glacis -n '__fish_seen_subcommand_from watch' -l domain
complete -c glacis -n '__fish_seen_subcommand_from watch' -l help
complete -c glacis -n '__fish_seen_subcommand_from watch' -l json
complete -c glacis -n '__fish_seen_subcommand_from watch' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from watch' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from watch' -l verdict
complete -c glacis -n __fish_use_subcommand -a top -d 'Show what is refused right now, by domain'
complete -c glacis -n '__fish_seen_subcommand_from top' -l color
complete -c glacis -n '__fish_seen_subcommand_from top' -l help
complete -c glacis -n '__fish_seen_subcommand_from top' -l interval
complete -c glacis -n '__fish_seen_subcommand_from top' -l json
complete -c glacis -n '__fish_seen_subcommand_from top' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from top' -l verbose
complete -c glacis -n __fish_use_subcommand -a evidence -d 'List, show and prove what was refused'
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l color
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l help
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l json
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a list
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a show
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a verify
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a key
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a rotate
complete -c glacis -n __fish_use_subcommand -a why -d 'Say what decided a refusal, and what would allow it'
complete -c glacis -n '__fish_seen_subcommand_from why' -l color
complete -c glacis -n '__fish_seen_subcommand_from why' -l help
complete -c glacis -n '__fish_seen_subcommand_from why' -l include
complete -c glacis -n '__fish_seen_subcommand_from why' -l json
complete -c glacis -n '__fish_seen_subcommand_from why' -l log
complete -c glacis -n '__fish_seen_subcommand_from why' -l profile
complete -c glacis -n '__fish_seen_subcommand_from why' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from why' -l verbose
complete -c glacis -n __fish_use_subcommand -a correlate -d 'Name whose session caused a refusal'
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l clock-tolerance
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l cloudtrail
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l color
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l domain
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l file
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l grade
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l help
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l json
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l k8s-audit
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from correlate' -l verbose
complete -c glacis -n __fish_use_subcommand -a notify -d 'Tell owners of refusals'
complete -c glacis -n '__fish_seen_subcommand_from notify' -l check
complete -c glacis -n '__fish_seen_subcommand_from notify' -l color
complete -c glacis -n '__fish_seen_subcommand_from notify' -l config
complete -c glacis -n '__fish_seen_subcommand_from notify' -l file
complete -c glacis -n '__fish_seen_subcommand_from notify' -l follow
complete -c glacis -n '__fish_seen_subcommand_from notify' -l help
complete -c glacis -n '__fish_seen_subcommand_from notify' -l json
complete -c glacis -n '__fish_seen_subcommand_from notify' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from notify' -l state
complete -c glacis -n '__fish_seen_subcommand_from notify' -l verbose
complete -c glacis -n __fish_use_subcommand -a report -d 'Write what happened, for people'
complete -c glacis -n '__fish_seen_subcommand_from report' -l color
complete -c glacis -n '__fish_seen_subcommand_from report' -l domain
complete -c glacis -n '__fish_seen_subcommand_from report' -l file
complete -c glacis -n '__fish_seen_subcommand_from report' -l grade
complete -c glacis -n '__fish_seen_subcommand_from report' -l help
complete -c glacis -n '__fish_seen_subcommand_from report' -l html
complete -c glacis -n '__fish_seen_subcommand_from report' -l json
complete -c glacis -n '__fish_seen_subcommand_from report' -l key
complete -c glacis -n '__fish_seen_subcommand_from report' -l last
complete -c glacis -n '__fish_seen_subcommand_from report' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from report' -l since-seq
complete -c glacis -n '__fish_seen_subcommand_from report' -l verbose
complete -c glacis -n __fish_use_subcommand -a metrics -d 'Write figures for Prometheus'
complete -c glacis -n '__fish_seen_subcommand_from metrics' -l color
complete -c glacis -n '__fish_seen_subcommand_from metrics' -l help
complete -c glacis -n '__fish_seen_subcommand_from metrics' -l json
complete -c glacis -n '__fish_seen_subcommand_from metrics' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from metrics' -l verbose
complete -c glacis -n __fish_use_subcommand -a doctor -d 'Say what this host can enforce, and how to enable the rest'
complete -c glacis -n '__fish_seen_subcommand_from doctor' -l color
complete -c glacis -n '__fish_seen_subcommand_from doctor' -l help
complete -c glacis -n '__fish_seen_subcommand_from doctor' -l json
complete -c glacis -n '__fish_seen_subcommand_from doctor' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from doctor' -l verbose
complete -c glacis -n __fish_use_subcommand -a selftest -d 'Try known attacks on this kernel, each refused in a scratch domain'
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l all
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l color
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l from
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l help
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l json
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from selftest' -l verbose
complete -c glacis -n __fish_use_subcommand -a drill -d 'Play an attack in a copy of a profile'\''s domain'
complete -c glacis -n '__fish_seen_subcommand_from drill' -l color
complete -c glacis -n '__fish_seen_subcommand_from drill' -l help
complete -c glacis -n '__fish_seen_subcommand_from drill' -l json
complete -c glacis -n '__fish_seen_subcommand_from drill' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from drill' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from drill' -a list
complete -c glacis -n '__fish_seen_subcommand_from drill' -a run
complete -c glacis -n '__fish_seen_subcommand_from drill' -a verify
complete -c glacis -n __fish_use_subcommand -a candidate -d 'Ask a changed profile about live work, while the old decides'
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l color
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l for
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l help
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l include
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l json
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from candidate' -l verbose
complete -c glacis -n __fish_use_subcommand -a trace -d 'Tell each decision about a domain, allowed ones too'
complete -c glacis -n '__fish_seen_subcommand_from trace' -l color
complete -c glacis -n '__fish_seen_subcommand_from trace' -l for
complete -c glacis -n '__fish_seen_subcommand_from trace' -l help
complete -c glacis -n '__fish_seen_subcommand_from trace' -l json
complete -c glacis -n '__fish_seen_subcommand_from trace' -l pid
complete -c glacis -n '__fish_seen_subcommand_from trace' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from trace' -l refused
complete -c glacis -n '__fish_seen_subcommand_from trace' -l unit
complete -c glacis -n '__fish_seen_subcommand_from trace' -l verbose
complete -c glacis -n __fish_use_subcommand -a session -d 'Give sessions of a container another profile for a time'
complete -c glacis -n '__fish_seen_subcommand_from session' -l color
complete -c glacis -n '__fish_seen_subcommand_from session' -l for
complete -c glacis -n '__fish_seen_subcommand_from session' -l help
complete -c glacis -n '__fish_seen_subcommand_from session' -l json
complete -c glacis -n '__fish_seen_subcommand_from session' -l profile
complete -c glacis -n '__fish_seen_subcommand_from session' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from session' -l reason
complete -c glacis -n '__fish_seen_subcommand_from session' -l verbose
complete -c glacis -n __fish_use_subcommand -a version -d 'Show the version'
complete -c glacis -n '__fish_seen_subcommand_from version' -l color
complete -c glacis -n '__fish_seen_subcommand_from version' -l help
complete -c glacis -n '__fish_seen_subcommand_from version' -l json
complete -c glacis -n '__fish_seen_subcommand_from version' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from version' -l verbose
