cp web.toml "$TMP"
glacis review web.recording --batch --profile "$TMP/web.toml" -I few
glacis review web.recording --accept-all --profile "$TMP/web.toml" -I few
cat "$TMP/web.toml.d/50-learned.toml"
glacis check -q "$TMP/web.toml" -I few
glacis sim "$TMP/web.toml" --replay web.recording -I few
