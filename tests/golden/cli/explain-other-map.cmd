glacis compile -q good.toml -o "$TMP/a.image" && glacis compile -q kill.toml -o "$TMP/b.image" &&
cp "$TMP/b.map.json" "$TMP/a.map.json" && glacis explain "$TMP/a.image"
