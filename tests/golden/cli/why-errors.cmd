glacis why 99 --log why.jsonl --profile good.toml
glacis why 11 --log why.jsonl
glacis why 11 --log why.jsonl --profile good.toml
glacis why 8 --log none.jsonl --profile good.toml
glacis why 8 --log why.jsonl --profile none.toml
