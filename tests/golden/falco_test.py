#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/falco-rules.md is what tools/falco-table writes, and tools/falco-table notices what would
make it untrue. Run from the root of the source tree."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path.cwd()
TOOL = ROOT / "tools/falco-table"
FAILURES = []


def check(folder):
    done = subprocess.run([sys.executable, TOOL, "--check"], cwd=folder, text=True, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def expect_noticed(folder, what, words):
    code, said = check(folder)
    if code != 1 or words not in said:
        FAILURES.append(f"{what}: exit {code}, said: {said}")


def changed(folder, change):
    data = json.loads((ROOT / "docs/falco-rules.json").read_text())
    change(data)
    (folder / "docs/falco-rules.json").write_text(json.dumps(data))


def main():
    code, said = check(ROOT)
    if code != 0:
        FAILURES.append(said)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(ROOT / "docs", folder / "docs")
        shutil.copytree(ROOT / "vm-tests/scenarios", folder / "vm-tests/scenarios")
        shutil.copy(ROOT / "vm-tests/threats.json", folder / "vm-tests")
        for what, change, words in (
            ("a rule is missing", lambda data: data["rules"].pop(), "36 rules, and 37 are shipped"),
            ("a rule is twice", lambda data: data["rules"].append(data["rules"][0]), "is there twice"),
            ("a scenario is gone", lambda data: data["rules"][0].update(shown=["exec: none such"]), "exec: none such"),
            # This threat is decided by nothing that a scenario could show.
            ("a threat without scenarios", lambda data: data["rules"][0].update(shown=["kernel.clock"]), "kernel.clock"),
            ("nothing shows a refusal", lambda data: data["rules"][0].update(shown=[]), "a scenario that shows it"),
            ("no reason", lambda data: data["rules"][1].update(note=""), "needs a reason"),
            ("another section", lambda data: data["rules"][0].update(sections=["[none]"]), "no section [none]"),
            ("an older table", lambda data: data["rules"][0].update(note="other"), "is not what tools/falco-table"),
        ):
            changed(folder, change)
            expect_noticed(folder, what, words)
    for failure in FAILURES:
        print(failure)
    return 1 if FAILURES else 0


sys.exit(main())
