glacis completion zsh | cmp - "$SOURCE/tools/completions/_glacis"
