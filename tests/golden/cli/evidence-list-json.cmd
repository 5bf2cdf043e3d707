glacis evidence list --json --file log.jsonl 2>/dev/null
