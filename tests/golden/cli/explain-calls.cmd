glacis explain calls.toml | sed -n "/^syscalls/,\$p"
