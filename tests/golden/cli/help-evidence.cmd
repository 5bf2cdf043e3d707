glacis evidence --help; glacis evidence list --help
