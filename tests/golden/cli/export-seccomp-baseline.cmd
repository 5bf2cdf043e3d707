glacis export seccomp good.toml --format text
