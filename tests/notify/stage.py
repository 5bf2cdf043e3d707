# SPDX-License-Identifier: Apache-2.0
"""A log, a configuration, and servers on loopback for tests of `glacis notify`."""
import datetime
import http.server
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time


class Server(http.server.ThreadingHTTPServer):
    """Keeps what was posted to it, and when. `answers` are the statuses of the first posts."""

    daemon_threads = True

    def __init__(self, answers=(), certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.hangs = False
        self.bodies, self.times, self.headers = [], [], []
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            self.socket = context.wrap_socket(self.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what some tests are about

    def wait(self, count, seconds=60):
        until = time.monotonic() + seconds
        while len(self.bodies) < count and time.monotonic() < until:
            time.sleep(0.01)
        return len(self.bodies) >= count


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while self.server.hangs:
            time.sleep(0.1)
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.bodies.append(json.loads(body))
            self.server.headers.append(dict(self.headers))
            self.server.times.append(time.monotonic())
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass


def certificate(folder, name, host):
    path = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName={host}", "-keyout", path.with_suffix(".key"), "-out", path],
        check=True, capture_output=True)
    return path


class Stage:
    """A folder with a log that grows, and the command that reads it."""

    def __init__(self, glacis):
        self.glacis = glacis
        self.temporary = tempfile.TemporaryDirectory(prefix="glacis-notify-")
        self.folder = pathlib.Path(self.temporary.name)
        self.log = self.folder / "evidence.jsonl"
        self.state = self.folder / "state"
        self.config = self.folder / "glacis.toml"
        self.processes = []
        self.seq = 0
        self.segment = 0
        self.begin_segment()

    def begin_segment(self):
        if self.segment:
            self.log.rename(self.folder / f"evidence.{self.segment:06}.jsonl")
        self.segment += 1
        self.write({"schema": "glacis.header/1", "time": "2026-11-23T16:06:45.000000Z", "started": 1,
                    "boot": "b", "host": "h", "log": "l", "segment": self.segment, "hash": "blake2b-256",
                    "key": None, "certificate": None})

    def write(self, record):
        with self.log.open("a") as log:
            log.write(json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n")

    def refuse(self, path="/usr/bin/dash", owner="web", grade="compromise", **more):
        self.seq += 1
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.write({
            "schema": "glacis.event/1", "seq": self.seq, "time": now, "boot": "b", "ring": 1, "host": "web1",
            "verdict": "denied", "mode": "enforce", "domain": "nginx", "domain_id": 1, "image": "blake2b:ab",
            "blockers": ["file.execute"], "hook": "bprm_check_security", "errno": "EACCES",
            "rule": {"id": 0, "reason": "default"}, "owner": owner, "severity": "high",
            "runbook": "https://wiki.example/nginx", "grade": grade, "grade_reason": "a shell was to be started",
            "grade_row": "exec.shell", "attack": {"version": "v19", "techniques": ["T1059.004", "T1105"]},
            "subject": {"pid": 41, "tgid": 41, "comm": "nginx", "exe": "/usr/sbin/nginx", "uid": 33,
                        "ancestry": [[1, "systemd"]]},
            "object": {"kind": "file", "path": path, "ending": "rooted"},
            "chain": {"n": self.seq, "prev": "0" * 64, "this": "1" * 64}} | more)
        return self.seq

    def configure(self, text):
        self.config.write_text(text)

    def command(self, *words):
        return [self.glacis, "notify", "--config", self.config, "--file", self.log, "--state", self.state, *words]

    def once(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60, check=False)

    def follow(self):
        process = subprocess.Popen(self.command("--follow"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.processes.append(process)
        until = time.monotonic() + 20
        while not (self.state / "cursor").exists() and time.monotonic() < until:
            time.sleep(0.01)
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.temporary.cleanup()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
