# as: nobody
glacis load broken.toml
