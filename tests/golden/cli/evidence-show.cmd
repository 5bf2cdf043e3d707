glacis evidence show 7 --file log.jsonl
