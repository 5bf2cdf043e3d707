#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""apparmor.py --build DIR: the demo where AppArmor stands in for BPF, as root, in a guest whose kernel was
booted without bpf in lsm=.

The same nginx, the same requests and the same attacks as in demo.py. AppArmor and the filter of system calls
refuse less: for each attack there stands here whether it is refused, and if not, what `glacis run` must have
said about it. Ends with 0 if all is as it stands here; the last line is the sum.
"""
import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import attacks  # noqa: E402
import legitimate  # noqa: E402
import stage  # noqa: E402
from server import PROGRAM, Failed, run  # noqa: E402
from web import NoAnswer, Upstream  # noqa: E402

SECURITY = Path("/sys/kernel/security")
PATH = "/run/glacis-demo-other.sock"
PARSER = "/usr/sbin/apparmor_parser"
# AppArmor's capget tells the worker only what its profile grants, and the rest is what it then gives up: the
# refusal is of who has no such capability, and leaves no message. capabilities() has one that does.
SILENT = ("use a capability (chroot)",)
ACT = """\
schema = 1
include = ["abstractions/base"]
[profile]
name = "act"
mode = "enforce"
[exec]
allow = "{program}"
[capability]
allow = [{capability}]
{rest}
"""
# What passes under AppArmor: attack, and the code and words with which that must have been said.
PASSES = {
    "connect to another port (TCP)": ("GL613", "addresses, ports and operations of a socket"),
    "send to another port (UDP)": ("GL613", "addresses, ports and operations of a socket"),
    "connect by TCP fast open": ("GL613", "addresses, ports and operations of a socket"),
    "bind a backdoor port": ("GL613", "addresses, ports and operations of a socket"),
    "map memory writable and executable": ("GL612", "memory that is code"),
}


class Test:
    def __init__(self, build):
        self.glacis = str(build / "manager/cli/glacis")
        self.daemon = str(build / "manager/daemon/glacisd")
        self.profile, self.act = stage.set_up_home(build, Path("profiles"))
        self.nginx, self.outside = stage.set_up_server()
        self.failed = 0
        self.passed = 0

    def check(self, name, problem):
        self.failed += bool(problem)
        self.passed += not problem
        print(f"{'FAIL' if problem else 'ok  '}  {name}{f': {problem}' if problem else ''}", flush=True)

    def words(self, profile=None):
        return [self.glacis, "run", "--profile", str(profile or self.profile), "--"]

    def ask(self, *words):
        """Status and everything that was said."""
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def status(self):
        return json.loads(run([self.glacis, "status", "--json"]))

    # The command is not started wherever something is missing.
    def fails_closed(self):
        started = "nginx version"
        code, said = self.ask(*self.words(), PROGRAM, "-v")
        self.check("control: a program is started", "" if code == 0 and started in said else said)
        code, said = self.ask(self.glacis, "run", "--backend", "bpf", "-p", str(self.profile), "--", PROGRAM, "-v")
        self.check("bpf, which is not there", "" if code == 125 and "bpf" in said and started not in said else said)
        # The same by the profile's own key, which the command line's word goes before.
        keyed = self.profile.with_name("keyed.toml")
        text = self.profile.read_text(encoding="utf-8")
        for word, layer, wanted in (("bpf", [], 125), ("apparmor", [], 0), ("auto", [], 0), ("bpf", ["--backend", "apparmor"], 0)):
            keyed.write_text(text.replace("\nmode ", f'\nbackend = "{word}"\nmode ', 1), encoding="utf-8")
            code, said = self.ask(self.glacis, "run", *layer, "-p", str(keyed), "--", PROGRAM, "-v")
            good = code == wanted and (started in said) == (wanted == 0) and (wanted == 0 or "next: " in said)
            self.check(f'backend = "{word}" {" ".join(layer)}', "" if good else f"{code} {said}")
        keyed.unlink()
        for what, stand_in in (("no parser", "/dev/null"), ("a parser that says nothing", "/bin/true")):
            run(["mount", "--bind", stand_in, PARSER])
            code, said = self.ask(*self.words(), PROGRAM, "-v")
            run(["umount", PARSER])
            self.check(what, "" if code == 125 and "apparmor_parser" in said and started not in said else said)
        mode = Path("/sys/module/apparmor/parameters/mode")
        mode.write_text("complain", encoding="ascii")
        code, said = self.ask(*self.words(), PROGRAM, "-v")
        asleep, told = self.ask(self.glacis, "status")
        mode.write_text("enforce", encoding="ascii")
        self.check("status of an AppArmor that only complains", "" if asleep == 6 and "refuses nothing" in told else told)
        self.check(
            "AppArmor that as a whole only complains",
            "" if code == 125 and "refuses nothing" in said and started not in said else said,
        )
        code, said = self.ask(*self.words(), "/bin/sh", "-c", "echo began")
        self.check(
            "a program that the profile does not grant",
            "" if code == 126 and "does not grant execute" in said and "began" not in said else said,
        )

        script, profile = Path("/opt/glacis-demo/script"), self.profile.with_name("act.toml")
        script.write_text("#!/bin/sh\necho began\n", encoding="ascii")
        script.chmod(0o755)
        profile.write_text(ACT.format(program=script, capability='"chown"', rest=""), encoding="utf-8")
        code, said = self.ask(*self.words(profile), str(script))
        refused = code == 126 and "execute of /usr/bin/dash" in said and "began" not in said
        self.check("a script whose interpreter is not granted", "" if refused else said)
        outer = "profile outer { /** mrwlkix, / r, capability, network, signal, ptrace, mount, unix, }"
        self.load(outer)
        code, said = self.ask("aa-exec", "-p", "outer", *self.words(), PROGRAM, "-v")
        self.check(
            "a caller that AppArmor does not let enter",
            "" if code == 125 and "does not let" in said and started not in said else said,
        )
        code, said = self.ask("aa-exec", "-p", "outer", PROGRAM, "-v")
        self.check("control: there it could start it by itself", "" if code == 0 and started in said else said)

    @staticmethod
    def load(text):
        subprocess.run([PARSER, "--replace", "--skip-cache"], input=text, text=True, check=True)

    def serve(self):
        self.nginx.start(self.words())
        for name, request in legitimate.REQUESTS:
            result = legitimate.attempt(name, request, self.nginx)
            self.check(f"request: {name}", "" if result["ok"] else f"{result['detail']} {result.get('log')}")
        refused = kernel_log('profile="glacis.nginx"')
        self.check("nothing of this was refused", "\n".join(refused[:3]))
        self.nginx.stop()

    def status_and_unload(self):
        domains = self.status()["apparmor"]
        inside = {self.nginx.master(), *self.nginx.workers()}
        as_it_is = len(domains) == 1 and domains[0]["domain"] == "nginx" and domains[0]["mode"] == "enforce"
        known = as_it_is and set(domains[0]["processes"]) == inside and domains[0]["layer"] == "apparmor"
        known = known and domains[0]["filtered"] == len(inside)
        self.check("status: AppArmor enforces nginx, with its processes", "" if known else f"{domains}, {inside}")
        code, said = self.ask(self.glacis, "mode", "nginx", "observe")
        told = code == 2 and "enforced by AppArmor" in said
        self.check("mode: says where it is changed", "" if told else f"{code} {said}")
        code, said = self.ask(self.glacis, "unload", "nginx")
        labels = {Path(f"/proc/{pid}/attr/current").read_text(encoding="ascii").strip() for pid in inside}
        kept = code == 2 and "confines" in said and labels == {"glacis.nginx (enforce)"}
        self.check("unload: refused while it confines somebody", "" if kept else f"{code} {said} {labels}")

    def unload(self):
        code, said = self.ask(self.glacis, "unload", "nginx")
        gone = code == 0 and not self.status()["apparmor"]
        listed = "glacis." in (SECURITY / "apparmor/profiles").read_text(encoding="ascii")
        self.check("unload: removed once it confines nobody", said if not gone or listed else "")

    def attack(self, environment):
        targets = attacks.Targets(self.act, "/run/glacis-demo-traffic.log")
        code, said = self.ask(*self.words(), PROGRAM, "-v")
        print(said, end="", flush=True)
        try:
            self.outside.start(env=environment)
            self.nginx.start(self.words(), env=environment)
            for attack in attacks.ATTACKS:
                self.check(attack.name, self.attempt(attack, targets, said))
            self.status_and_unload()
            result = legitimate.attempt("still serves", legitimate.static_file, self.nginx)
            self.check("request: still serves", "" if result["ok"] else result["detail"])
        finally:
            targets.stop()

    def attempt(self, attack, targets, said):
        outside = attacks.play(attack, self.outside, targets)
        before = len(kernel_log())
        inside = attacks.play(attack, self.nginx, targets)
        attack.clean()
        if problem := attacks.control_problem(attack, outside):
            return problem
        if attack.name not in PASSES:
            record = next((line for line in kernel_log()[before:] if 'profile="glacis.nginx"' in line), None)
            if attack.name in SILENT and record is None:
                record = attack.name
            return attacks.refusal_problem(inside, record)
        if not inside.get("ok"):
            return f"it is refused ({attacks.failure(inside)}), and stands here as what passes"
        number, words = PASSES[attack.name]
        if not any(f"[{number}]" in line and words in line for line in said.splitlines()):
            return f"it passes, and `glacis run` did not say so by {number}"
        return ""

    # One act as root, refused by AppArmor, by the filter, and by neither.
    def capabilities(self):
        profile = self.profile.with_name("act.toml")
        cases = (
            ("a capability that is not granted", '"chown"', "", 'profile="glacis.act"', 'capname="sys_chroot"'),
            ("a call that the filter refuses", '"sys_chroot"', '[syscalls]\ndeny = ["chroot"]', "type=1326", "exe="),
            ("control: the same, granted", '"sys_chroot"', "", "", ""),
        )
        for name, capability, rest, *record in cases:
            profile.write_text(
                ACT.format(program=self.act, capability=capability, rest=rest), encoding="utf-8"
            )
            before = len(kernel_log("audit"))
            code, said = self.ask(self.glacis, "-q", *self.words(profile)[1:], str(self.act), "cap.chroot", "/srv")
            logged = [line for line in kernel_log("audit")[before:] if all(word in line for word in record)]
            answer = json.loads(said) if said.startswith("{") else {}
            as_meant = answer.get("ok") is (not record[0]) and (not record[0] or logged)
            self.check(name, "" if as_meant else f"{code} {said} {kernel_log('audit')[before:]}")
        self.heard(profile)
        self.names_of_sockets(profile)
        self.ask(self.glacis, "unload", "act")

    # A daemon that enforces nothing here makes records of what both layers refuse.
    def heard(self, profile):
        config = Path("/etc/glacis/glacis.toml")
        config.parent.mkdir(mode=0o755, exist_ok=True)
        config.write_text('schema = 1\n[daemon]\non_no_lsm = "report"\n', encoding="ascii")
        rest = '[syscalls]\ndeny = ["mkdir", "mkdirat"]'
        profile.write_text(ACT.format(program=self.act, capability='"chown"', rest=rest), encoding="utf-8")
        said = Path("/run/glacisd.log")
        with said.open("w", encoding="utf-8") as log, subprocess.Popen([self.daemon], stdout=log, stderr=log) as daemon:
            began = wait_until(lambda: "files in force" in said.read_text(encoding="utf-8"))
            self.check("a daemon that only listens", "" if began else said.read_text(encoding="utf-8"))
            for act, argument in (("cap.chroot", "/srv"), ("file.mkdir", "/srv/made")):
                self.ask(self.glacis, "-q", *self.words(profile)[1:], str(self.act), act, argument)
            made = Path("/srv/made").exists()
            self.check("what the filter refuses is not done", "/srv/made is there" if made else "")
            self.recorded("apparmor", "denied", "apparmor.capable")
            self.recorded("seccomp", "denied_by_other", "syscall.mkdirat")
            daemon.terminate()

    def recorded(self, *want):
        def found():
            return [one for one in self.evidence() if (one["hook"], one["verdict"], *one["blockers"]) == want]

        self.check(f"a record: {' '.join(want)}", "" if wait_until(found) else f"{self.evidence()}")

    def evidence(self):
        _, said = self.ask(self.glacis, "evidence", "list", "--domain", "act", "--json")
        records = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        return [record for record in records if record["schema"] == "glacis.event/1"]

    # Kernels differ: either another name is refused, or that it isn't has been said.
    def names_of_sockets(self, profile):
        rest = '[[net]]\nsocket = "unix"\n[[net]]\nop = "connect"\nunix = "@granted"'
        profile.write_text(ACT.format(program=self.act, capability='"chown"', rest=rest), encoding="utf-8")
        done = {}
        Path(PATH).unlink(missing_ok=True)
        for name in ("@granted", "@other", PATH):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(name.replace("@", "\0"))
                server.listen()
                _, said = self.ask(*self.words(profile), str(self.act), "net.unix_connect", name)
                done[name] = json.loads(said.splitlines()[0])["ok"]  # what the act says goes to its stdout
        told = "not enforced on this kernel: names and paths of Unix sockets" in said
        self.check(
            f"names and paths of Unix sockets: {'not asked about, which is said' if told else 'asked about'}",
            "" if done["@granted"] and done["@other"] == done[PATH] == told else f"{done} {said}",
        )

    # In mode observe what would be refused passes, also by a rule.
    def observe(self):
        text = self.profile.read_text(encoding="utf-8")
        watched = self.profile.with_name("watched.toml")
        watched.write_text(
            text.replace('mode = "enforce"', 'mode = "observe"').replace('"nginx"\n', '"watched"\n', 1),
            encoding="utf-8",
        )
        Path("/root/secret").write_text("events { }\n", encoding="ascii")
        code, said = self.ask(*self.words(watched), PROGRAM, "-t", "-c", "/root/secret", "-p", "/root")
        self.check("observe: what a rule refuses passes", "" if code == 0 else said)
        domains = self.status()["apparmor"]
        complains = [domain["mode"] for domain in domains if domain["domain"] == "watched"] == ["complain"]
        self.check("observe: status says so", "" if complains else str(domains))
        code, said = self.ask(*self.words(), PROGRAM, "-t", "-c", "/root/secret", "-p", "/root")
        self.check("control: in mode enforce it is refused", "" if code == 1 and "Permission denied" in said else said)

    # What only BPF does is refused here, and both commands lead to the argument of the kernel that is missing.
    def no_bpf(self, modules):
        pins = Path("/sys/fs/bpf")
        if not os.path.ismount(pins):
            run(["mount", "-t", "bpf", "bpf", pins])
        named = [name for name in modules.strip().split(",") if name != "capability"]  # which is always there
        wanted = f"lsm={','.join([*named, 'bpf'])}"
        code, said = self.ask(self.glacis, "load", str(self.profile))
        told = code == 3 and "`glacis doctor`" in said and wanted in said and "nothing was changed" in said
        self.check("load: refused, and leads to doctor", "" if told else f"{code} {said}")
        left = [str(path) for path in pins.rglob("*")]
        self.check("load: nothing is pinned", "" if not left and not self.status()["domains"] else str(left))
        code, said = self.ask(self.glacis, "doctor")
        lines = [line for line in said.splitlines() if line.lstrip().startswith("> ") and f"`{wanted}`" in line]
        self.check(f"doctor: says to boot with {wanted}", "" if code == 3 and lines else f"{code} {said}")

    def run(self):
        Path("/proc/sys/kernel/printk_ratelimit").write_text("0\n", encoding="ascii")
        modules = (SECURITY / "lsm").read_text(encoding="ascii")
        self.check("the kernel has AppArmor and no BPF", "" if "apparmor" in modules and "bpf" not in modules else modules)
        self.no_bpf(modules)
        Upstream(8080).start()
        self.fails_closed()
        self.serve()
        environment = stage.plant(self.profile)
        stage.set_up_targets(self.act)
        try:
            self.attack(environment)
        finally:
            self.nginx.stop()
            self.outside.stop()
        self.unload()
        self.capabilities()
        self.observe()


def wait_until(what, seconds=30):
    """What it answers, once that is something; else the last answer."""
    end = time.monotonic() + seconds
    while not (answer := what()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def kernel_log(word='apparmor="DENIED"'):
    """What AppArmor says that it refused; of audit, what both layers say."""
    done = subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace", check=True)
    return [line for line in done.stdout.splitlines() if word in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=Path, required=True)
    options = parser.parse_args()
    if not (SECURITY / "lsm").exists():
        run(["mount", "-t", "securityfs", "securityfs", SECURITY])
    run(["ip", "link", "set", "lo", "up"])
    os.umask(0o022)
    test = Test(options.build)
    try:
        test.run()
    except (Failed, NoAnswer, OSError) as error:
        test.check("the test itself", str(error))
        for line in test.nginx.error_log():
            print(f"      nginx: {line}")
    passed = len(attacks.ATTACKS) - len(PASSES)
    print(
        f"{'FAILED: ' if test.failed else ''}{test.passed} of {test.passed + test.failed} checks; "
        f"AppArmor and the filter refuse {passed} of {len(attacks.ATTACKS)} attacks, and say what passes"
    )
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
