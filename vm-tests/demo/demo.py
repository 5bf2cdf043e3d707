#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""demo.py --build DIR [--out FILE] [--color] [--beside]: the demo itself, as root, on a system that is thrown away.

Runs Debian's nginx under profiles/nginx.toml, then plays a compromised worker. Prints what happens; with
--out the same goes to FILE as one JSON object. Ends with 0 if every legitimate request was served and every
attempt was refused inside the domain, having succeeded outside; else with 1. With --beside the kernel has
processes of others: the profile confines what the demo starts and nothing else.
"""
import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import attacks  # noqa: E402
import legitimate  # noqa: E402
import stage  # noqa: E402
from enforcer import Enforcer  # noqa: E402
from report import Report  # noqa: E402
from server import PROGRAM, Failed  # noqa: E402
from web import NoAnswer, Upstream  # noqa: E402


class Demo:
    def __init__(self, build, profiles, glacis, report, beside):
        self.report = report
        self.started = time.monotonic()
        self.profile, self.act = stage.set_up_home(build, profiles)
        if beside:
            stage.attach_nothing(self.profile)
        self.enforcer = Enforcer(glacis, "nginx", adopt=not beside)
        self.nginx, self.outside = stage.set_up_server()
        stage.set_up_logs()
        self.targets = None
        self.legitimate = []
        self.attacks = []
        self.problem = ""

    def note(self, result):
        self.legitimate.append(result)
        self.report.legitimate(result)

    def serve(self):
        self.enforcer.load(self.profile)
        self.nginx.start(self.enforcer.run_words())
        self.report.heading("nginx under profiles/nginx.toml, mode enforce: legitimate requests")
        for name, request in legitimate.REQUESTS:
            self.note(legitimate.attempt(name, request, self.nginx))
        self.note(copied_up())
        self.note(self.nothing_refused())
        self.nginx.stop()

    def nothing_refused(self):
        refused = self.enforcer.refusals(0, patience=0)
        name = "nothing of this was refused"
        if not refused:
            return {"name": name, "ok": True, "detail": "no record of a refusal"}
        first = refused[0]
        what = f"{first.get('hook')} {json.dumps(first.get('object'))}"
        return {"name": name, "ok": False, "detail": f"{len(refused)} refusals, first #{first['seq']}: {what}"}

    def attack(self):
        environment = stage.plant(self.profile)
        self.enforcer.load(self.profile)
        self.outside.start(env=environment)
        self.nginx.start(self.enforcer.run_words(), env=environment)
        stage.set_up_targets(self.act)
        self.targets = attacks.Targets(self.act, "/run/glacis-demo-traffic.log")
        self.enforcer.update()
        self.report.heading("a worker is taken over: code inside nginx runs as www-data with every capability")
        self.report.attack_columns()
        for item in attacks.ATTACKS:
            result = attacks.attempt(item, self.outside, self.nginx, self.targets, self.enforcer)
            self.attacks.append(result)
            self.report.attack(result)
        self.report.line()
        self.note(legitimate.attempt("still serves: a static file", legitimate.static_file, self.nginx))
        self.note(legitimate.attempt("still serves: a POST", legitimate.post_upstream, self.nginx))

    def run(self):
        Upstream(8080).start()
        try:
            self.serve()
            self.attack()
            self.report.heading("glacis evidence list")
            self.report.line(self.enforcer.listing().rstrip())
        except (Failed, NoAnswer, OSError) as error:
            self.problem = str(error)
            self.report.line(f"{self.report.mark(False)}  {self.problem}")
            for line in self.nginx.error_log():
                self.report.line(f"      nginx: {line}")
        finally:
            self.end()
        return self.result()

    def end(self):
        for server in (self.nginx, self.outside):
            server.stop()
        if self.targets:
            self.targets.stop()
        try:
            self.enforcer.unload()
        except (Failed, OSError) as error:
            self.problem = self.problem or str(error)

    def result(self):
        served = sum(item["ok"] for item in self.legitimate)
        refused = sum(item["ok"] for item in self.attacks)
        everything = len(legitimate.REQUESTS) + 4, len(attacks.ATTACKS)
        return {
            "schema": "glacis.demo/1",
            "ok": not self.problem and (served, refused) == everything,
            "problem": self.problem,
            "kernel": platform.release(),
            "nginx": version(),
            "profile": "profiles/nginx.toml",
            "legitimate": self.legitimate,
            "attacks": self.attacks,
            "evidence": self.enforcer.all_records,
            "summary": {
                "served": served,
                "legitimate": everything[0],
                "refused": refused,
                "attempts": everything[1],
                "seconds": round(time.monotonic() - self.started, 1),
            },
        }


def copied_up():
    """The log of before, which one of the requests had put aside, goes on in the upper layer alone."""
    old, rotated = stage.LAYERS / "lower/access.log", stage.LAYERS / "upper/access.log.1"
    before = old.read_text(encoding="utf-8")
    after = rotated.read_text(encoding="utf-8") if rotated.exists() else ""
    ok = before == stage.LOGGED and after.startswith(before) and "GET /" in after[len(before) :]
    detail = f"{len(before)} bytes below, {len(after)} above"
    return {"name": "the log was copied up", "ok": ok, "detail": detail}


def version():
    done = subprocess.run([PROGRAM, "-v"], stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr.strip().rpartition("/")[2]


def summary(result):
    numbers = result["summary"]
    text = (
        f"{numbers['served']} of {numbers['legitimate']} legitimate requests served, "
        f"{numbers['refused']} of {numbers['attempts']} attempts refused and recorded "
        f"(outside the domain they succeed); kernel {result['kernel']}, {numbers['seconds']:.0f} s"
    )
    return text if result["ok"] else f"FAILED: {text}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--profiles", type=Path, default=root / "profiles")
    parser.add_argument("--glacis", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--color", action="store_true")
    parser.add_argument("--beside", action="store_true")
    options = parser.parse_args()
    report = Report(options.color)
    try:
        glacis = options.glacis or options.build / "manager/cli/glacis"
        demo = Demo(options.build, options.profiles, glacis, report, options.beside)
        result = demo.run()
    except (Failed, OSError) as error:
        report.error(str(error))
        return 1
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    report.line()
    report.line(summary(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
