glacis import apparmor aa/broken
