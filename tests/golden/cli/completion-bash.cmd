glacis completion bash | cmp - "$SOURCE/tools/completions/glacis.bash" &&
bash -n "$SOURCE/tools/completions/glacis.bash"
