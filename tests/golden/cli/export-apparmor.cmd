glacis export apparmor good.toml
