glacis --json
