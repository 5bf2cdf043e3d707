cat >"$TMP/try" <<'END'
. "$SOURCE/tools/completions/glacis.bash"
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _glacis; echo "$*: ${COMPREPLY[*]}"; }
try glacis ''
try glacis co
try glacis check --co
try glacis evidence l
try glacis evidence list --s
END
bash "$TMP/try"
