glacis help >/dev/null; glacis run --help
