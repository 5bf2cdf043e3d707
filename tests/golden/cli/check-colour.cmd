glacis --color always check --root "$TMP" broken.toml
