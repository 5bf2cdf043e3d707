cat >"$TMP/web.toml" <<'END'
schema = 1
[profile]
name = "web"
[[file]]
path = "/srv/web/**"
access = ["read"]
[[file]]
path = "/var/cache/web/**"
access = ["read", "write"]
END
glacis review drift.recording --unused 36500 --profile "$TMP/web.toml"
glacis review drift.recording --unused 36500 --profile "$TMP/web.toml" --json
glacis review web.recording --unused 36500 --profile "$TMP/web.toml"
