glacis --help
