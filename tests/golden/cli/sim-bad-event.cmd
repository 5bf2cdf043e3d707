glacis sim good.toml -e "fiel read /x"
