CLICOLOR_FORCE=1 glacis check --root "$TMP" broken.toml | grep -c "$(printf "\033")"
