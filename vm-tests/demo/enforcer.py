# SPDX-License-Identifier: Apache-2.0
"""The glacis command, as the demo uses it."""
import json
import time

from server import Failed, run

REFUSED = ("denied", "deny")


class Enforcer:
    def __init__(self, program, domain, adopt=True):
        self.program = str(program)
        self.domain = domain
        self.load_words = [self.program, "load", *([] if adopt else ["--no-adopt"])]
        self.last_number = 0
        self.all_records = []

    def load(self, profile):
        return run([*self.load_words, profile])

    def unload(self):
        return run([self.program, "unload", self.domain])

    def run_words(self):
        """What to write before a command so that it runs in the domain."""
        return [self.program, "run", "--profile", self.domain, "--"]

    def update(self):
        """Fetches the records since the last time."""
        text = run([self.program, "evidence", "list", "--json", "--domain", self.domain])
        fresh = [record for record in parse(text) if number(record) > self.last_number]
        fresh.sort(key=number)
        if fresh:
            self.last_number = number(fresh[-1])
        self.all_records += fresh
        return fresh

    def refusals(self, since, patience=2.0, until=bool):
        """This domain's refusals after `since`; waits a moment for those that `until` wants, or any."""
        end = time.monotonic() + patience
        while True:
            self.update()
            found = [record for record in self.all_records if number(record) > since and self.is_refusal(record)]
            if until(found) or time.monotonic() > end:
                return found
            time.sleep(0.2)

    def is_refusal(self, record):
        return record.get("domain") == self.domain and record.get("verdict") in REFUSED

    def listing(self):
        return run([self.program, "evidence", "list"])


def number(record):
    """Its place in the log: numbers of the kernel's begin anew with a ring, and the log may be older."""
    return record.get("chain", {}).get("n", 0)


def parse(text):
    """JSON: one document, or one a line; always a list of objects."""
    try:
        values = [json.loads(text)] if text.strip() else []
    except ValueError:
        try:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise Failed(f"glacis printed what is not JSON: {error}") from error
    flat = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [value for value in flat if isinstance(value, dict)]
