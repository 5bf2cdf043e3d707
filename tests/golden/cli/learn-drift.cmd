glacis coverage drift.recording
glacis coverage drift.recording --json | sed -n '/"drift"/,/^  ]/p'
glacis learn merge drift.recording -o "$TMP/again" && cmp drift.recording "$TMP/again"
