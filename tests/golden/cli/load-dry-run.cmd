glacis load --dry-run good.toml kill.toml --mode audit
