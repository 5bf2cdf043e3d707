glacis check nowhere.toml
