glacis sim good.toml -e "file write /srv/www/index.html" -e "cap sys_admin" -e "net connect tcp 10.1.2.3:80"
