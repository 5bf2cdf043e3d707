glacis sim -I "$SOURCE/profiles" good.toml -e "cap sys_admin"
