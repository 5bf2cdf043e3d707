# SPDX-License-Identifier: Apache-2.0
"""What a compromised worker tries, and how one try is judged.

Each act runs twice by the same means: a request makes a worker of nginx perform it, as its user and with
every capability. Once in an nginx without a policy, where it must succeed, else a refusal would prove
nothing; and once in the confined one, where it must fail, without its effect, and with a record.
"""
import json
import os
import subprocess
from pathlib import Path
from typing import Callable, NamedTuple

from server import Failed
from web import NoAnswer, fetch

BODY = "/var/lib/nginx/body"  # the profile lets nginx write there
CRON = "/etc/cron.d/backdoor"
LEDGER = "/srv/ledger.db"
TCP, FAST_OPEN, UDP, BACKDOOR = 4444, 4445, 5353, 31337
REFUSALS = ("EACCES", "EPERM")  # what a refused call ends with; whatever else it ends with is a failure


def remove(path):
    return lambda: Path(path).unlink(missing_ok=True)


def nothing():
    pass


class Attack(NamedTuple):
    name: str
    act: str
    object: str  # in what its record says about the object, as JSON
    clean: Callable[[], None] = nothing  # before each of the two
    trace: str = ""  # a file that only the success of the act makes
    traffic: str = ""  # what the log of the attacker's servers then has


def port(number):
    return f'"port": {number}'


ATTACKS = (
    Attack("start a shell", "exec.shell", "/usr/bin/dash"),
    Attack("run a dropped program", f"exec.dropped {BODY}", f"{BODY}/x", remove(f"{BODY}/x")),
    Attack("run it through the dynamic loader", f"exec.loader {BODY}/tool", "ld-linux"),
    Attack("run a program from memory (memfd)", "exec.memfd implant", "implant"),
    Attack("read /etc/shadow", "file.read /etc/shadow", "/etc/shadow"),
    Attack("list the TLS keys", "file.read_dir /etc/ssl/private", "/etc/ssl/private"),
    Attack("read a TLS key", "file.read /etc/ssl/private/site.key", "/etc/ssl/private/site.key"),
    Attack("write a cron file", f"file.create {CRON}", CRON, remove(CRON), trace=CRON),
    Attack("connect to another port (TCP)", f"net.tcp_connect 127.0.0.1 {TCP}", port(TCP), traffic=f"tcp {TCP} "),
    Attack("send to another port (UDP)", f"net.udp_sendto 127.0.0.1 {UDP}", port(UDP), traffic=f"udp {UDP} "),
    Attack(
        "connect by TCP fast open",
        f"net.tcp_fastopen 127.0.0.1 {FAST_OPEN}",
        port(FAST_OPEN),
        traffic=f"tcp-fastopen {FAST_OPEN} ",
    ),
    Attack("bind a backdoor port", f"net.bind_tcp {BACKDOOR}", port(BACKDOOR)),
    Attack("open a raw socket", "net.raw", '"socket": "raw"'),
    Attack("map memory writable and executable", "mem.mmap_wx", '"write_exec"'),
    Attack("use a capability (chroot)", "cap.chroot /srv", "sys_chroot"),
    Attack("open a file through io_uring", f"kernel.uring_open {LEDGER}", '"io_uring"'),
)


class Targets:
    """The servers that the network attacks aim at; they log what reaches them."""

    def __init__(self, act, log):
        self.log = Path(log)
        words = [act, "--serve", "--tcp", TCP, "--tcp-fastopen", FAST_OPEN, "--udp", UDP, "--log", log]
        # Not closed before they are: a closed pipe is no reason to end.
        self.process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise Failed("the servers that attacks aim at did not start")

    def seen(self, what):
        return what in self.log.read_text(encoding="ascii")

    def forget(self):
        os.truncate(self.log, 0)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def perform(attack, nginx):
    """Has a worker perform the act; what the act says about itself."""
    try:
        answer = fetch(nginx.port, "/", headers=(("X-Glacis-Act", attack.act),))
        result = json.loads(answer.body)
    except (NoAnswer, ValueError) as error:
        return {"untried": True, "detail": f"no answer from the worker: {error}"}
    return result if isinstance(result, dict) else {"untried": True, "detail": "not the answer of an act"}


def traces(attack, targets):
    """What shows from outside that the act succeeded."""
    found = []
    if attack.trace and os.path.lexists(attack.trace):
        found.append(f"{attack.trace} exists")
    if attack.traffic and targets.seen(attack.traffic):
        found.append(f"data arrived: {attack.traffic.strip()}")
    return found


def play(attack, nginx, targets):
    attack.clean()
    targets.forget()
    result = perform(attack, nginx)
    result["traces"] = traces(attack, targets)
    return result


def control_problem(attack, outside):
    """Why the act proves nothing; empty if it succeeded outside."""
    if outside.get("untried") or not outside.get("ok"):
        return f"outside the domain it failed too: {failure(outside)}"
    if not outside.get("effect"):
        return "outside the domain its effect was not seen"
    if (attack.trace or attack.traffic) and not outside["traces"]:
        return "outside the domain it left no trace"
    return ""


def refusal_problem(inside, record):
    """Why it does not count as refused; empty if it was."""
    if inside.get("untried"):
        return f"could not be tried: {inside.get('detail', '')}"
    if inside.get("ok") or inside.get("effect"):
        return "it SUCCEEDED inside the domain"
    if inside["traces"]:
        return f"it was refused, but {inside['traces'][0]}"
    if inside.get("errno_name") not in REFUSALS:
        return f"it was not refused, it failed: {failure(inside)}"
    if record is None:
        return "it was refused without a record that names its object"
    return ""


def failure(result):
    if result.get("signal"):
        return f"signal {result['signal']}"
    return result.get("errno_name") or result.get("detail") or "no reason given"


def choose(attack, records):
    """The record of this attack among those since it began: the one that names its object."""
    return next((record for record in records if attack.object in json.dumps(record.get("object", ""))), None)


def attempt(attack, outside_nginx, nginx, targets, enforcer):
    """One result, with both runs, the deciding rule and the record."""
    outside = play(attack, outside_nginx, targets)
    since = enforcer.last_number
    inside = play(attack, nginx, targets)
    record = choose(attack, enforcer.refusals(since, until=lambda records: choose(attack, records)))
    attack.clean()
    problem = control_problem(attack, outside) or refusal_problem(inside, record)
    return {
        "name": attack.name,
        "act": attack.act,
        "ok": not problem,
        "problem": problem,
        "outside": outside,
        "inside": inside,
        "errno": inside.get("errno_name", ""),
        "rule": rule_of(record),
        "record": record.get("seq") if record else None,
    }


def rule_of(record):
    """The rule as a person reads it: file:line, or default with the nearest rule."""
    if record is None:
        return ""
    rule = record.get("rule") or {}
    if rule.get("line"):
        return place(rule)
    reason = rule.get("reason") or "default"
    return f"{reason} (near {place(rule['near'])})" if rule.get("near") else reason


def place(rule):
    """File and line, given apart or as one text."""
    if isinstance(rule, str):
        return Path(rule).name
    return f"{Path(rule.get('file', '')).name}:{rule.get('line')}"
