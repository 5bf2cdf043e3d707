glacis export systemd good.toml
