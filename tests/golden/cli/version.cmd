glacis version; glacis --json version
