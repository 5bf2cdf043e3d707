glacis export seccomp --help
