glacis
