glacis export apparmor --json good.toml
