glacis check "$(printf "a\033[31m.toml")"
