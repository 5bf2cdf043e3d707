glacis check --jsno good.toml
