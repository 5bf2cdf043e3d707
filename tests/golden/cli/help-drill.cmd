glacis drill --help; glacis drill run --help; glacis drill verify --help
