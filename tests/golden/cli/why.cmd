cat >"$TMP/good.toml" <<'END'
schema = 1
[profile]
name = "good"
[[file]]
path = "/etc/*"
access = ["read"]
[[file]]
deny = "/etc/shadow"
access = ["read"]
END
glacis why 7 --log why.jsonl --profile "$TMP/good.toml"
glacis why 8 --log why.jsonl --profile "$TMP/good.toml"
glacis why 9 --log why.jsonl --profile "$TMP/good.toml"
glacis why 10 --log why.jsonl --profile "$TMP/good.toml"
ls "$TMP"
