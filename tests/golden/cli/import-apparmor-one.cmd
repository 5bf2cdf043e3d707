glacis import apparmor aa/one
