glacis run --profile good
