glacis init --from image "$TMP/none"; glacis init --from nothing x; glacis init /etc/passwd --json
