glacis compile good.toml -o "$TMP/a.image"
