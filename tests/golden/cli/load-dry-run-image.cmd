glacis compile -q good.toml -o "$TMP/a.image"; glacis load --dry-run "$TMP/a.image"; glacis load --dry-run --mode enforce "$TMP/a.image"
