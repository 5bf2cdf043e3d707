glacis sim good.toml -e "file read /srv/www/private/key"
