glacis explain GL999
