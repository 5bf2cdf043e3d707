glacis lock
glacis lock --json
glacis lock --until-restart now
