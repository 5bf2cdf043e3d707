printf 'schema = 1\n[profile]\nname = "good"\n' >"$TMP/good.toml"
glacis why 8 --json --log why.jsonl --profile "$TMP/good.toml"
glacis why 9 --json --log why.jsonl --profile "$TMP/good.toml"
