glacis check --root "$TMP" multiplies.toml
