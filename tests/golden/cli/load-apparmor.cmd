glacis load --dry-run apparmor.toml
