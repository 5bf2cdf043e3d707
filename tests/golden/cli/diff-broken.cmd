glacis -q diff good.toml broken.toml
