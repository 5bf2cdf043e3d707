glacis chekc good.toml
