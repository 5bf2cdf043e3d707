glacis load --dry-run --mode enforced good.toml
