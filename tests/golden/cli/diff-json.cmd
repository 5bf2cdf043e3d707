glacis diff --json good.toml wider.toml
