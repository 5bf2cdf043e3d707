glacis check --root "$TMP" broken.toml
