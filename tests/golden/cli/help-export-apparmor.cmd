glacis export apparmor --help
