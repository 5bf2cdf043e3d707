glacis load --dry-run good.toml wider.toml
