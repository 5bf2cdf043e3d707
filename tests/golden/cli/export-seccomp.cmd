glacis export seccomp calls.toml
