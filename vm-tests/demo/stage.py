# SPDX-License-Identifier: Apache-2.0
"""The scene: a system that is thrown away afterwards, with everything that could refuse an attack made to
allow it, so that what is refused is refused by Glacis alone."""
import os
import pwd
import shutil
import tomllib
from pathlib import Path

from attacks import BODY, LEDGER
from server import PROGRAM, Failed, Nginx, run

HOME = Path("/opt/glacis-demo")
USER = "www-data"
LAYERS = Path("/run/glacis-demo-logs")
# What is in nginx's log before its first start, in the lower layer of an overlay.
LOGGED = "a line of the day before\n"

SITE = """\
server {
	listen 127.0.0.1:%(port)s;
	root /var/www/html;
	client_max_body_size 10m;
	location = /upload { proxy_pass http://127.0.0.1:8080; }
	location = /version { return 200 "first\\n"; }
}
"""

OUTSIDE = """\
user www-data;
worker_processes 1;
pid /run/nginx-outside.pid;
error_log /var/log/nginx/outside.log;
events { worker_connections 64; }
http {
	access_log off;
	server { listen 127.0.0.1:81; root /var/www/html; }
}
"""

# What code in the domain needs to be there at all: an attacker would have brought his through a hole in nginx.
DROP_IN = f"""\
schema = 1
# The demo's stand-in for an exploited bug: a library whose code runs in nginx.
[[file]]
path = "{HOME}/libglacis_act.so"
access = ["read", "map_exec"]
"""


def write(path, text, mode=0o644):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def set_up_server():
    """Debian's nginx with a site; two servers on two ports, one of them without a policy: a copy at another path,
    since the profile attaches to nginx's own, however it is started."""
    write("/etc/nginx/sites-available/demo", SITE % {"port": 80})
    enabled = Path("/etc/nginx/sites-enabled")
    for link in enabled.iterdir():
        link.unlink()
    (enabled / "demo").symlink_to("/etc/nginx/sites-available/demo")
    write("/etc/nginx/outside.conf", OUTSIDE)
    confined = Nginx(80, "/etc/nginx/nginx.conf", "/run/nginx.pid")
    outside = Nginx(81, "/etc/nginx/outside.conf", "/run/nginx-outside.pid", shutil.copy(PROGRAM, HOME / "nginx"))
    return confined, outside


def set_up_logs():
    """nginx's log lies in a lower layer, so that to open it copies it up."""
    lower, upper, work = (LAYERS / name for name in ("lower", "upper", "work"))
    write(lower / "access.log", LOGGED)
    for folder in (upper, work):
        folder.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run(["mount", "-t", "overlay", "-o", options, "overlay", "/var/log/nginx"])


def set_up_targets(act):
    """Files that the attacks want, made accessible to nginx's user."""
    user = pwd.getpwnam(USER)
    write("/etc/ssl/private/site.key", "-----BEGIN PRIVATE KEY-----\n(for the demo)\n", 0o640)
    for path, mode in (("/etc/ssl/private", 0o750), ("/etc/ssl/private/site.key", 0o640), ("/etc/shadow", 0o640)):
        os.chown(path, 0, user.pw_gid)
        os.chmod(path, mode)
    Path("/etc/cron.d").mkdir(exist_ok=True)
    os.chown("/etc/cron.d", 0, user.pw_gid)
    os.chmod("/etc/cron.d", 0o775)
    write(LEDGER, "account,balance\n")
    # nginx made the folder at its start, for its user.
    run([act, "--make", "elf", f"{BODY}/tool"])
    os.chown(f"{BODY}/tool", user.pw_uid, user.pw_gid)
    os.chmod(f"{BODY}/tool", 0o755)
    Path("/proc/sys/net/ipv4/tcp_fastopen").write_text("3\n", encoding="ascii")  # client and server


def set_up_home(build, profiles):
    """Copies of what runs, at a path that does not depend on where the checkout is."""
    HOME.mkdir(parents=True, exist_ok=True)
    for name in ("glacis-act", "libglacis_act.so"):
        shutil.copy(Path(build) / "vm-tests/acts" / name, HOME / name)
        (HOME / name).chmod(0o755)
    shutil.copytree(profiles, HOME / "profiles", dirs_exist_ok=True)
    return HOME / "profiles/nginx.toml", HOME / "glacis-act"


def attach_nothing(profile):
    """Takes [attach] out of a copy of a profile: it then confines what `glacis run` starts, and no server that
    the host has of its own."""
    kept, wanted = [], True
    for line in profile.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("["):
            wanted = not line.lstrip("[").startswith("attach")
        kept += [line] if wanted else []
    text = "".join(kept)
    try:
        attaches = "attach" in tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        attaches = True
    if attaches or Path(f"{profile}.d").exists():
        raise Failed(f"{profile}: [attach] can't be taken out of it, and it would confine the host's own nginx")
    profile.write_text(text, encoding="utf-8")


def plant(profile):
    """From now on the profile also allows the planted library."""
    write(f"{profile}.d/50-demo.toml", DROP_IN)
    return {"LD_PRELOAD": str(HOME / "libglacis_act.so"), "GLACIS_ACT_KEEP_CAPS": "1"}
