glacis export apparmor good.toml -q --strict -o "$TMP/out"; echo $?; ls "$TMP"
