glacis import apparmor aa/one -q --strict -o "$TMP/out"; echo $?; ls "$TMP"
