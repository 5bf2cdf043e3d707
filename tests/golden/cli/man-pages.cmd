cd "$SOURCE/tools/man" && for page in *.scd; do scdoc <"$page" >"$TMP/$page" || exit; done
for name in check compile explain diff sim export load unload mode status run adopt evidence correlate notify report metrics doctor selftest drill version; do
  grep -q "^\*$name[* ]" glacis.1.scd || echo "glacis.1 lacks $name"
done
