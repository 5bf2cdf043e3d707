glacis sim --help
