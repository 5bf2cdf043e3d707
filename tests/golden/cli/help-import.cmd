glacis import apparmor --help
