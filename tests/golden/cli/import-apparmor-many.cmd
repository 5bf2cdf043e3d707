glacis import apparmor -I aa aa/usr.bin.tool -q
