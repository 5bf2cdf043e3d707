glacis completion fish | cmp - "$SOURCE/tools/completions/glacis.fish"
