glacis explain --json good.toml | head -c 300
