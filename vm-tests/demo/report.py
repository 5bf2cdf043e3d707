# SPDX-License-Identifier: Apache-2.0
"""What the demo prints while it runs."""
import sys

from attacks import failure

COLUMNS = "{:4}  {:36}{:10}{:9}{:34}{}"


class Report:
    def __init__(self, colour):
        self.colour = colour

    def line(self, text=""):
        print(text, flush=True)

    def mark(self, ok):
        word = "ok  " if ok else "FAIL"
        if not self.colour:
            return word
        return f"\033[{32 if ok else 31}m{word}\033[0m"

    def heading(self, text):
        self.line()
        self.line(f"\033[1m{text}\033[0m" if self.colour else text)

    def legitimate(self, result):
        self.line(f"{self.mark(result['ok'])}  {result['name']:36}{result['detail']}")
        for line in result.get("log", ()):
            self.line(f"      nginx: {line}")

    def attack_columns(self):
        self.line(COLUMNS.format("", "attempt", "outside", "inside", "decided by", "record"))

    def attack(self, result):
        outside, inside = (word(result[side]) for side in ("outside", "inside"))
        record = f"#{result['record']}" if result["record"] is not None else "none"
        text = COLUMNS.format("", result["name"], outside, inside, result["rule"] or "nothing", record)
        self.line(self.mark(result["ok"]) + text[4:])
        if result["problem"]:
            self.line(f"      {result['problem']}")

    def error(self, text):
        print(f"demo: {text}", file=sys.stderr, flush=True)


def word(result):
    return "succeeds" if result.get("ok") else failure(result)[:9]
