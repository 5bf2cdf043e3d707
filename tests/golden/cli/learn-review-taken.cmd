cp web.toml "$TMP"
glacis review taken.recording --accept-all --profile "$TMP/web.toml" -I few
grep -c 'shadow\|dash' "$TMP/web.toml.d/50-learned.toml"
glacis sim "$TMP/web.toml" --replay taken.recording -I few
glacis review taken.recording --batch --json --profile "$TMP/web.toml" -I few
glacis review taken.recording --profile "$TMP/web.toml" </dev/null
