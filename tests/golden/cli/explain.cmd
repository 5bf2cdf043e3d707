glacis explain good.toml
