glacis check
