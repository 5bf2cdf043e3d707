glacis learn merge web.recording taken.recording -o "$TMP/both"
wc -l <"$TMP/both"
head -n 5 web.recording >"$TMP/cut"
glacis learn merge "$TMP/cut"
glacis coverage "$TMP/cut"
sed 's/access.log/access.lag/' web.recording >"$TMP/changed"
glacis sim web.toml --replay "$TMP/changed"
glacis sim web.toml
