glacis import seccomp seccomp/web.json
