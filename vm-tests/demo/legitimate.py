# SPDX-License-Identifier: Apache-2.0
"""What nginx is there for: each must work under its profile as it does without."""
import os
from pathlib import Path

from server import Failed, alive, until
from web import NoAnswer, Request, Upstream, await_answer, fetch

PAGE = Path("/var/www/html/index.nginx-debian.html")
LOG = Path("/var/log/nginx/access.log")
# Larger than nginx's buffer, so that it goes through a file in /var/lib/nginx.
UPLOAD = bytes(range(256)) * 400


def expect(answer, body, what):
    if answer.status != 200:
        raise Failed(f"{what}: status {answer.status}, wanted 200")
    if answer.body != body:
        raise Failed(f"{what}: an answer of {len(answer.body)} bytes that are not the expected ones")


def static_file(nginx):
    page = PAGE.read_bytes()
    expect(fetch(nginx.port, "/index.nginx-debian.html"), page, "GET")
    return f"200, {len(page)} bytes as on disk"


def post_upstream(nginx):
    expect(fetch(nginx.port, "/upload", UPLOAD), Upstream.receipt(UPLOAD), "POST")
    return f"200, {len(UPLOAD)} bytes reached the upstream unchanged"


def log_reopen(nginx):
    old = LOG.with_suffix(".log.1")
    LOG.rename(old)
    nginx.signal("SIGUSR1")
    until("a new access.log", LOG.exists)
    # The workers follow their master a moment later.
    until("a worker writes to the new log", lambda: fetch(nginx.port, "/?reopened") and "?reopened" in LOG.read_text())
    return "the request after it is in the new file"


def config_reload(nginx):
    before = set(nginx.workers())
    site = Path("/etc/nginx/sites-available/demo")
    text = site.read_text(encoding="utf-8")
    site.write_text(text.replace('"first\\n"', '"second\\n"'), encoding="utf-8")
    expect(fetch(nginx.port, "/version"), b"first\n", "GET before the reload")
    nginx.signal("SIGHUP")
    expect(await_answer(nginx.port, "/version", b"second\n"), b"second\n", "GET after the reload")
    until("the old workers end", lambda: not any(alive(pid) for pid in before))
    return "the new configuration answers, from new workers"


def graceful_restart(nginx):
    """A new nginx takes over; a request that the old one has begun is not lost."""
    old = nginx.master()
    begun = Request(nginx.port, "/upload", UPLOAD)
    begun.send(until=len(begun.data) // 2)
    # The request must be with the old worker before its listening socket goes.
    until("the old worker has the request", lambda: any(has_connection(pid, nginx.port) for pid in nginx.workers(old)))
    nginx.signal("SIGUSR2", old)
    new = until("the new nginx", lambda: (pid := nginx.master()) != old and pid)
    until("its workers", lambda: nginx.workers(new))
    nginx.signal("SIGQUIT", old)
    expect(begun.answer(), Upstream.receipt(UPLOAD), "the POST begun before")
    until("the old nginx ends", lambda: not alive(old))
    static_file(nginx)
    post_upstream(nginx)
    return "nothing lost: a POST begun before it was answered, the new nginx serves"


def has_connection(pid, port):
    """Whether a process holds a connection that was accepted on this port."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == port and words[3] == "01":
            inodes.add(f"socket:[{words[9]}]")
    try:
        links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return False
    return any(link in inodes for link in links)


REQUESTS = (
    ("a static file", static_file),
    ("a POST to the upstream", post_upstream),
    ("log reopen", log_reopen),
    ("configuration reload", config_reload),
    ("graceful restart", graceful_restart),
)


def attempt(name, request, nginx):
    """One result: {"name", "ok", "detail"}."""
    try:
        return {"name": name, "ok": True, "detail": request(nginx)}
    except (Failed, NoAnswer, OSError) as error:
        return {"name": name, "ok": False, "detail": str(error), "log": nginx.error_log()}
