glacis init --help
