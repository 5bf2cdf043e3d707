glacis correlate --json --k8s-audit - --file pods.jsonl <k8s-audit.jsonl
