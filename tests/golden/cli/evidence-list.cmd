glacis evidence list --file log.jsonl
