glacis explain gl218
