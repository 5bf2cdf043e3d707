glacis explain --json GL104
