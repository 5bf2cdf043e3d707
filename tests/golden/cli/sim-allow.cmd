glacis sim good.toml --event "file read /srv/www/index.html"
