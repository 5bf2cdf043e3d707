glacis compile -q good.toml -o "$TMP/a.image" && glacis compile -q good.toml -o "$TMP/b.image" &&
cmp "$TMP/a.image" "$TMP/b.image" && cmp "$TMP/a.map.json" "$TMP/b.map.json"
