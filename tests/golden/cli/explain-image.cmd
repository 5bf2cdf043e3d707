glacis compile -q good.toml -o "$TMP/a.image" && glacis explain "$TMP/a.image" >"$TMP/1" &&
glacis explain good.toml >"$TMP/2" && cmp "$TMP/1" "$TMP/2"
