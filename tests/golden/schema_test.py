#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON schema for editors: shipped profiles are valid, broken ones are not,
its words are those of lsm/abi/access.h, and it never calls wrong what `glacis
check` accepts. Run from the root of the source tree."""
import copy
import datetime
import json
import pathlib
import re
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

SCHEMA = json.loads(pathlib.Path("profiles/schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FAILURES = []


def plain(value):
    """JSON has no dates: TOML's are strings for a schema."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return value


def errors_of(document):
    return [error.message for error in VALIDATOR.iter_errors(plain(document))]


def expect(condition, text):
    if not condition:
        FAILURES.append(text)


def shipped():
    paths = sorted(pathlib.Path("profiles").rglob("*.toml"))
    paths = [path for path in paths if path.parent.name != "syscalls"]  # groups, no profiles
    expect(len(paths) >= 5, "shipped profiles are missing")
    for path in paths:
        errors = errors_of(tomllib.loads(path.read_text()))
        expect(not errors, f"{path}: {errors}")


def words():
    """Append-only lists live in one header; the schema must not fall behind."""
    header = pathlib.Path("lsm/abi/access.h").read_text()
    expected = {
        "access": ("GL_FILE_ACCESSES", lambda word: not word.startswith("unix_") and word not in ("interpret", "transition", "attach", "outside", "digest")),
        "object": ("GL_ENDINGS", lambda word: word != "rooted"),
        "socket": ("GL_SOCKETS", lambda word: True),
        "op": ("GL_NET_OPS", lambda word: word != "create"),
        "capability": ("GL_CAPABILITIES", lambda word: True),
        "memory": ("GL_MEMORY", lambda word: True),
        "kernel": ("GL_KERNEL", lambda word: True),
        "task": ("GL_TASKS", lambda word: word != "connect"),
    }
    for name, (macro, keep) in expected.items():
        body = re.search(rf"#define {macro}\(X\)(.*?)\n\n", header, re.S).group(1)
        want = [word for word in re.findall(r'"([a-z0-9_]+)"', body) if keep(word)]
        expect(SCHEMA["$defs"][name]["enum"] == want, f"words of {name} differ from {macro}")


def broken():
    """One fault each in an otherwise good profile."""
    good = tomllib.loads(pathlib.Path("profiles/nginx.toml").read_text())

    def fault(name, change):
        document = copy.deepcopy(good)
        change(document)
        expect(errors_of(document), f"the schema accepts: {name}")

    fault("no schema", lambda d: d.pop("schema"))
    fault("another schema", lambda d: d.update(schema=2))
    fault("unknown table", lambda d: d.update(files=[]))
    fault("unknown key", lambda d: d["profile"].update(mod="audit"))
    fault("unknown mode", lambda d: d["profile"].update(mode="enforcing"))
    fault("bad name", lambda d: d["profile"].update(name="../x"))
    fault("relative path", lambda d: d["exec"].update(allow="bin/sh"))
    fault("pattern that attaches", lambda d: d["attach"].update(exec="/usr/sbin/*"))
    fault("unit without a kind", lambda d: d["attach"].update(unit="nginx"))
    fault("unknown access", lambda d: d["file"][0].update(access=["raed"]))
    fault("empty access", lambda d: d["file"][0].update(access=[]))
    fault("no access", lambda d: d["file"][0].pop("access"))
    fault("path and deny", lambda d: d["file"][0].update(deny=["/x"]))
    fault("nothing at all", lambda d: d["file"].append({}))
    fault("owner of a deny", lambda d: d["file"].append({"deny": "/x", "owner": "root"}))
    fault("unknown object", lambda d: d["file"].append({"object": "rooted", "access": "read"}))
    fault("unknown operation", lambda d: d["net"].append({"op": "listen", "tcp": 80}))
    fault("no operation", lambda d: d["net"].append({"tcp": 80}))
    fault("no protocol", lambda d: d["net"].append({"op": "bind"}))
    fault("port too high", lambda d: d["net"].append({"op": "bind", "tcp": 65536}))
    fault("port by name", lambda d: d["net"].append({"op": "bind", "tcp": "http"}))
    fault("host name", lambda d: d["net"].append({"op": "connect", "tcp": 1, "to": "example.org"}))
    fault("unknown socket", lambda d: d["net"].append({"socket": "netlink"}))
    fault("peer and unix", lambda d: d["net"].append({"op": "connect", "peer": "web", "unix": "/x"}))
    fault("peer without op", lambda d: d["net"].append({"peer": "web"}))
    fault("to and unix", lambda d: d["net"].append({"op": "connect", "to": "any", "unix": "/x"}))
    fault("no peer", lambda d: d.update(process=[{"access": "signal"}]))
    fault("peer with a slash", lambda d: d.update(process=[{"peer": "a/b", "access": "signal"}]))
    fault("nothing to do", lambda d: d.update(process=[{"peer": "self"}]))
    fault("unknown task access", lambda d: d.update(process=[{"peer": "self", "access": "kill"}]))
    fault("signals alone", lambda d: d.update(process=[{"peer": "self", "deny": True, "signals": 9}]))
    fault("signal 65", lambda d: d.update(process=[{"peer": "any", "access": "signal", "signals": 65}]))
    fault("unknown severity", lambda d: d["profile"].update(severity="urgent"))
    fault("benign for ever", lambda d: d.update(benign=[{"hook": "capable", "owner": "a", "reason": "b"}]))
    fault("benign whatever it is", lambda d: d.update(benign=[{"owner": "a", "reason": "b", "expires": "2999-01-01"}]))
    fault("a word as a name", lambda d: d["profile"].update(name="self"))
    fault("unknown capability", lambda d: d["capability"].update(allow=["CAP_KILL"]))
    fault("unknown memory word", lambda d: d.update(memory={"allow": "rwx"}))
    fault("reserved variable", lambda d: d["vars"].update(self="x"))
    fault("transition to a word", lambda d: d["exec"].update(transition=[{"path": "/x", "to": "any"}]))
    fault("transition to nothing", lambda d: d["exec"].update(transition=[{"path": "/x"}]))
    fault("scrubbed and stays", lambda d: d["exec"].update(
        transition=[{"path": "/x", "to": "inherit", "env": "scrub"}]))


def never_stricter():
    """What loads must be valid: an editor must not underline what is right."""
    for path in sorted(pathlib.Path("tests/golden/diag").glob("*.toml")):
        if "\nloads:" not in "\n" + path.with_suffix(".txt").read_text():
            continue
        errors = errors_of(tomllib.loads(path.read_text()))
        expect(not errors, f"{path}: {errors}")


jsonschema.Draft202012Validator.check_schema(SCHEMA)
shipped()
words()
broken()
never_stricter()
for failure in FAILURES:
    print(failure)
print(f"schema: {len(FAILURES)} failures")
sys.exit(1 if FAILURES else 0)
