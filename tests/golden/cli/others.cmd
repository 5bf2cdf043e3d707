cat >"$TMP/calls.toml" <<'END'
schema = 1
[profile]
name = "calls"
[syscalls]
deny = ["mkdir"]
END
sed 's/^deny.*/allow = ["read", "@process"]/' "$TMP/calls.toml" >"$TMP/list.toml"
glacis evidence list --file others.jsonl
glacis evidence list --file others.jsonl --since-seq 1
glacis evidence show n8 --file others.jsonl
glacis evidence show n99 --file others.jsonl
glacis evidence show m5 --file others.jsonl
glacis why n4 --log others.jsonl --profile "$TMP/calls.toml"
glacis why n4 --log others.jsonl --profile "$TMP/list.toml"
glacis why n4 --log others.jsonl --profile "$TMP/list.toml" --json
glacis why n5 --log others.jsonl --profile "$TMP/calls.toml"
glacis why n6 --log others.jsonl --profile "$TMP/calls.toml"
glacis why n7 --log others.jsonl --profile "$TMP/list.toml"
glacis why n8 --log others.jsonl
glacis why n9 --log others.jsonl --profile "$TMP/calls.toml"
