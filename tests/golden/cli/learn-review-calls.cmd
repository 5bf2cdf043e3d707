cp web.toml "$TMP/web.toml"
cat >"$TMP/trace" <<'END'
execve("/usr/sbin/web", ["web"], 0x7ffd /* 9 vars */) = 0
12 openat(AT_FDCWD, "/etc/web/web.conf", O_RDONLY) = 3
12 read(3, "", 10) = 0
12 exit_group(0) = ?
END
glacis review -q web.recording --accept-all --trace "$TMP/trace" --profile "$TMP/web.toml" -I few
sed -n '/syscalls/,$p' "$TMP/web.toml.d/50-learned.toml"
glacis review -q web.recording --batch --calls --profile "$TMP/web.toml" -I few | grep call
