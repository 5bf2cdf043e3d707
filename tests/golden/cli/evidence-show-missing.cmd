glacis evidence show 8 --file log.jsonl
