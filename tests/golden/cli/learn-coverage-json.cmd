glacis coverage taken.recording --json
