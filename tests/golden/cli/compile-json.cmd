glacis compile --json good.toml -o "$TMP/a.image"
