glacis evidence show 9 --file log.jsonl
