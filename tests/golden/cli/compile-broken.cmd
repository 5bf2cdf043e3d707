glacis compile broken.toml -o "$TMP/a.image"; code=$?; ls "$TMP"; exit $code
