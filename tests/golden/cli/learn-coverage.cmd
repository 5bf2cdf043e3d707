LC_ALL=C.UTF-8 glacis coverage web.recording --html "$TMP/web.html"
grep -c '<polyline' "$TMP/web.html"
glacis coverage taken.recording
