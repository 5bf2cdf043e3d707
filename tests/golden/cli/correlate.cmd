glacis correlate --k8s-audit k8s-audit.jsonl --file pods.jsonl
