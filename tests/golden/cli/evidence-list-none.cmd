glacis evidence list --file nowhere.jsonl
