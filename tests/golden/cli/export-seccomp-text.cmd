glacis export seccomp --format text calls.toml
