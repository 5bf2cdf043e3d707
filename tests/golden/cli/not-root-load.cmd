# as: nobody
glacis load good.toml
