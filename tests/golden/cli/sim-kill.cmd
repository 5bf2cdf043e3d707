glacis sim kill.toml -e "exec /bin/sh"
