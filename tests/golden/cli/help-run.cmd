glacis help run
