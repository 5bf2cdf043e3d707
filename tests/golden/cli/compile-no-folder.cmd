glacis compile good.toml -o "$TMP/none/a.image"
