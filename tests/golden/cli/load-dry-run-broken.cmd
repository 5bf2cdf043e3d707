glacis load --dry-run good.toml broken.toml
