# as: nobody
glacis doctor >"$TMP/o"; code=$?; grep "^unknown *privileges" "$TMP/o"; [ $code = 4 ] || [ $code = 3 ]
