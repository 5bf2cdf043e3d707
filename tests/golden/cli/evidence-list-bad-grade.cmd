glacis evidence list --file log.jsonl --grade strong
