glacis sim good.toml -e "task signal self term" -e "task signal good kill" -e "task inspect self" -e "task trace unconfined"
