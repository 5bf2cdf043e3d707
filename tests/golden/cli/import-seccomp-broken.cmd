echo "{\"defaultAction\":\"x\"}" >"$TMP/x.json"; glacis import seccomp --json "$TMP/x.json" | grep -E "code|message"
