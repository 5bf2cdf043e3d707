glacis diff good.toml wider.toml
