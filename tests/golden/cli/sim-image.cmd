glacis compile -q good.toml -o "$TMP/a.image" && glacis sim "$TMP/a.image" -e "net connect tcp 10.1.2.3:22"
