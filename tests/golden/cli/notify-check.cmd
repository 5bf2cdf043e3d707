glacis notify --check --config notify.toml
