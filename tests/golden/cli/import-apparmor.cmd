glacis import apparmor -I aa aa/usr.bin.tool -o "$TMP/out" && cat "$TMP/out/tool.toml" "$TMP/out/tool.helper.toml" && glacis check "$TMP/out/tool.toml" "$TMP/out/tool.helper.toml" --concise
