glacis --json lode
