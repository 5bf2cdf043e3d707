printf '#!/bin/sh\n' >"$TMP/script"
glacis learn calls "$TMP/script"
printf 'text' >"$TMP/text"
glacis learn calls "$TMP/text" --json
glacis learn calls /no/such/program
