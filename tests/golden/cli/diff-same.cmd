glacis diff good.toml reordered.toml
