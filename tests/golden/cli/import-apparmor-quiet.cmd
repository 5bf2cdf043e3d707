glacis import apparmor quiet.aa --strict
