glacis sim --json good.toml -e "exec /bin/sh" -e "exec /usr/bin/true"
