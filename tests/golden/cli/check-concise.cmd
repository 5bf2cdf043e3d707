glacis check --concise --root "$TMP" broken.toml
