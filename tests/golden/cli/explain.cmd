glacis explain good.toml | grep -v "^hooks"
