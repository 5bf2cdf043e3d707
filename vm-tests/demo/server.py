# SPDX-License-Identifier: Apache-2.0
"""A running nginx: started, signalled and looked at from outside."""
import os
import signal
import subprocess
import time
from pathlib import Path

PROGRAM = "/usr/sbin/nginx"


class Failed(Exception):
    """Something that must work did not; the text says what."""


def until(what, ready, seconds=20.0):
    """Waits for ready() to be true; its value."""
    end = time.monotonic() + seconds
    while not (value := ready()):
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:.0f} seconds")
        time.sleep(0.05)
    return value


def run(words, env=None):
    """Runs a program to its end; fails with what it said if it does."""
    done = subprocess.run(
        words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        raise Failed(f"`{' '.join(map(str, words))}` ended with {done.returncode}: {said}")
    return done.stdout


class Nginx:
    def __init__(self, port, config, pid_file, program=PROGRAM):
        self.port = port
        self.program = str(program)
        self.config = config
        self.pid_file = Path(pid_file)

    def start(self, prefix=(), env=None):
        words = [*prefix, self.program, "-c", self.config]
        run(words, env={**os.environ, **(env or {})})
        until(f"nginx writes {self.pid_file}", self.master)
        until("nginx starts its workers", self.workers)

    def master(self, suffix=""):
        """The number in the pid file, while such a process lives."""
        try:
            pid = int(Path(f"{self.pid_file}{suffix}").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return pid if alive(pid) else None

    def workers(self, master=None):
        pid = master or self.master()
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except OSError:
            return []
        return [int(word) for word in text.split()]

    def signal(self, name, master=None):
        pid = master or self.master()
        if pid is None:
            raise Failed("nginx is not running")
        os.kill(pid, getattr(signal, name))

    def stop(self):
        if pid := self.master():
            os.kill(pid, signal.SIGQUIT)
            try:
                until("nginx ends", lambda: not alive(pid), 10)
            except Failed:
                for process in [*self.workers(pid), pid]:
                    os.kill(process, signal.SIGKILL)

    def error_log(self, path="/var/log/nginx/error.log", lines=5):
        """Its last words, for a failure's report."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        except OSError:
            return []


def alive(pid):
    """A process that ended but was not waited for is not alive."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
