cd "$SOURCE/profiles" && glacis check --root "$TMP" -q nginx.toml redis.toml | grep -c "^error"
