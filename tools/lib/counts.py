#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Turns what test programs leave into lines "passed|failed|skipped COUNT TEXT" for tools/test.

counts.py ctest JUNIT-FILE      a line for what passed, one for each case that failed or was skipped
counts.py gtest OUTPUT-FILE     the same for the output of one GoogleTest program
counts.py scenarios JSON-FILE   the same for glacis-scenarios
counts.py areas JSON-FILE       "AREA MILLISECONDS SCENARIOS" for each area
"""
import json
import re
import sys
from xml.etree import ElementTree


def say(kind, count, text=""):
    # Names and messages come from tests; a line stays a line.
    print(kind, count, " ".join(text.split())[:300])


def ctest(path):
    passed = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = case.get("name", "?")
        output = case.findtext("system-out") or ""
        if case.get("status") in ("disabled", "notrun") or case.find("skipped") is not None:
            reason = case.find("skipped")
            say("skipped", 1, f"{name}: {(reason.get('message') if reason is not None else '') or case.get('status')}")
            continue
        passed += gtest_cases(name, output, case.get("status") != "fail")
    say("passed", passed)


def gtest(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        output = file.read()
    say("passed", gtest_cases("", output, "[  PASSED  ]" in output and "[  FAILED  ]" not in output))


def gtest_cases(name, output, succeeded):
    """How many passed; says which failed or were skipped. A program without GoogleTest is one case."""
    prefix = f"{name}: " if name else ""
    for one in gtest_list(output, "SKIPPED"):
        say("skipped", 1, f"{prefix}{one}: {skip_reason(output, one)}")
    if not succeeded:
        failed = gtest_list(output, "FAILED") or ["it ended early or failed as a whole"]
        for one in failed:
            say("failed", 1, f"{prefix}{one}")
    found = re.findall(r"^\[  PASSED  \] (\d+) tests?\.", output, re.MULTILINE)
    return sum(map(int, found)) if found else int(succeeded)


def gtest_list(output, word):
    """The names in GoogleTest's closing list of failed or skipped cases."""
    closing = output.rpartition("[  PASSED  ]")[2]
    return re.findall(rf"^\[  {word} *\] (\w[\w/]*\.[\w/]+)", closing, re.MULTILINE)


def skip_reason(output, case):
    found = re.search(rf"^\[ RUN      \] {re.escape(case)}\n(.*?)^\[  SKIPPED \]", output, re.MULTILINE | re.DOTALL)
    lines = [line for line in (found.group(1) if found else "").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def read_scenarios(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return json.load(file)["scenarios"]


def scenarios(path):
    passed = 0
    for one in read_scenarios(path):
        if one["result"] == "ok":
            passed += 1
        else:
            say("skipped" if one["result"] == "skipped" else "failed", 1, f"{one['name']}: {one['why']}")
    say("passed", passed)


def areas(path):
    total = {}
    for one in read_scenarios(path):
        spent, count = total.get(one["area"], (0, 0))
        total[one["area"]] = (spent + one["milliseconds"], count + 1)
    for area, (spent, count) in sorted(total.items()):
        print(area, spent, count)


if __name__ == "__main__":
    {"ctest": ctest, "gtest": gtest, "scenarios": scenarios, "areas": areas}[sys.argv[1]](sys.argv[2])
