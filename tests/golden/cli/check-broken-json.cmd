glacis check --json --root "$TMP" broken.toml good.toml
