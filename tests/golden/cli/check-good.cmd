glacis check --root "$TMP" good.toml
