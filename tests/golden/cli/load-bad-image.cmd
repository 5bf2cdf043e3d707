glacis compile -q good.toml -o "$TMP/a.image" && cp "$TMP/a.image" "$TMP/b.image" && head -c 900 "$TMP/a.image" >"$TMP/c.image" &&
printf "\377" | dd of="$TMP/a.image" bs=1 seek=4 conv=notrunc 2>/dev/null && printf "\377" | dd of="$TMP/b.image" bs=1 seek=600 conv=notrunc 2>/dev/null
for one in a b c; do glacis load --dry-run "$TMP/$one.image"; echo $?; glacis load "$TMP/$one.image"; echo $?; done
