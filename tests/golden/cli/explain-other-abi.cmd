glacis compile -q good.toml -o "$TMP/a.image" && printf "\377" | dd of="$TMP/a.image" bs=1 seek=4 conv=notrunc 2>/dev/null &&
glacis explain "$TMP/a.image"
