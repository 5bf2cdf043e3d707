# as: nobody
glacis load --json good.toml
