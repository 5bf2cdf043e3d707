# SPDX-License-Identifier: Apache-2.0
# Written by `glacis completion fish`.

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
complete -c glacis -n '__fish_seen_subcommand_from sim' -l verbose
complete -c glacis -n __fish_use_subcommand -a load -d 'Put profiles in force'
complete -c glacis -n '__fish_seen_subcommand_from load' -l color
complete -c glacis -n '__fish_seen_subcommand_from load' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from load' -l help
complete -c glacis -n '__fish_seen_subcommand_from load' -l include
complete -c glacis -n '__fish_seen_subcommand_from load' -l json
complete -c glacis -n '__fish_seen_subcommand_from load' -l mode
complete -c glacis -n '__fish_seen_subcommand_from load' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from load' -l verbose
complete -c glacis -n __fish_use_subcommand -a unload -d 'End a profile'\''s enforcement'
complete -c glacis -n '__fish_seen_subcommand_from unload' -l color
complete -c glacis -n '__fish_seen_subcommand_from unload' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from unload' -l help
complete -c glacis -n '__fish_seen_subcommand_from unload' -l json
complete -c glacis -n '__fish_seen_subcommand_from unload' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from unload' -l verbose
complete -c glacis -n __fish_use_subcommand -a mode -d 'Switch between observe, audit and enforce'
complete -c glacis -n '__fish_seen_subcommand_from mode' -l color
complete -c glacis -n '__fish_seen_subcommand_from mode' -l dry-run
complete -c glacis -n '__fish_seen_subcommand_from mode' -l help
complete -c glacis -n '__fish_seen_subcommand_from mode' -l json
complete -c glacis -n '__fish_seen_subcommand_from mode' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from mode' -l verbose
complete -c glacis -n __fish_use_subcommand -a status -d 'Show what is in force'
complete -c glacis -n '__fish_seen_subcommand_from status' -l color
complete -c glacis -n '__fish_seen_subcommand_from status' -l help
complete -c glacis -n '__fish_seen_subcommand_from status' -l json
complete -c glacis -n '__fish_seen_subcommand_from status' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from status' -l verbose
complete -c glacis -n __fish_use_subcommand -a run -d 'Start a program in a domain'
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
complete -c glacis -n '__fish_seen_subcommand_from adopt' -l verbose
complete -c glacis -n __fish_use_subcommand -a evidence -d 'List and show what was refused'
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l color
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l help
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l json
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from evidence' -l verbose
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a list
complete -c glacis -n '__fish_seen_subcommand_from evidence' -a show
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
complete -c glacis -n __fish_use_subcommand -a version -d 'Show the version'
complete -c glacis -n '__fish_seen_subcommand_from version' -l color
complete -c glacis -n '__fish_seen_subcommand_from version' -l help
complete -c glacis -n '__fish_seen_subcommand_from version' -l json
complete -c glacis -n '__fish_seen_subcommand_from version' -l quiet
complete -c glacis -n '__fish_seen_subcommand_from version' -l verbose
