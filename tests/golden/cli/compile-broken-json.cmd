glacis compile --json broken.toml -o "$TMP/a.image"
