glacis explain good.toml >/dev/full
