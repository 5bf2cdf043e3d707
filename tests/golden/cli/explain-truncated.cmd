glacis compile -q good.toml -o "$TMP/a.image" && head -c 2000 "$TMP/a.image" >"$TMP/t.image" &&
glacis explain "$TMP/t.image"
