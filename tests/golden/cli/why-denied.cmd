cat >"$TMP/good.toml" <<'END'
schema = 1
[profile]
name = "good"
[[file]]
deny = "/etc/shadow"
access = ["read"]
END
glacis why 7 --log why.jsonl --profile "$TMP/good.toml"
