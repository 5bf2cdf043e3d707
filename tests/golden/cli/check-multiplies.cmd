glacis check --root "$TMP" multiplies.toml; glacis check --concise --root "$TMP" multiplies.toml
