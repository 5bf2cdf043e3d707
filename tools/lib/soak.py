#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py [--json] FOLDER...: what the parts of tools/soak left, one line a part. A folder is named by its part
and has `ended` ("STATUS SECONDS" of its guest). Exit status 1 if anything was wrong, 2 if a part gave no answer."""
import json
import pathlib
import sys

COUNTERS = ("label_lost", "label_unknown", "fork_refused")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8", errors="replace"))


def sums(folder):
    """KIND: {ok, refused, failed}, summed over what the acts of that kind counted."""
    total = {}
    for path in folder.glob("*.*"):
        kind = path.suffix[1:]
        if kind in ("granted", "refused", "either", "storm") and path.stat().st_size:
            kind = total.setdefault(kind, {"ok": 0, "refused": 0, "failed": 0})
            for key, value in read_json(path)["counts"].items():
                kind[key] += value
    return total


def scenarios(folder):
    report = read_json(folder / "scenarios.json")
    found = {"kernel": report["kernel"],
             "wrong": [one["name"] for one in report["scenarios"] if one["result"] == "FAIL"]}
    if report["skipped"]:
        found["skipped"] = [one["why"] for one in report["scenarios"] if one["result"] == "skipped"][0]
    return found


def labels(folder):
    found = scenarios(folder)
    if "skipped" in found:
        return found, found["skipped"]
    status = read_json(folder / "status.json")
    words = (folder / "entered").read_text(encoding="utf-8").split()
    found |= {"refused": sum(one["denied"] for one in status["domains"]),
              "entries": {key: int(value) for key, value in zip(words[::2], words[1::2])},
              "counters": {name: status["counters"][name] for name in COUNTERS}}
    return found, (f"{found['refused']:,} of 1,000,000 opens by labelled tasks refused (" +
                   ", ".join(f"{name} {value:,}" for name, value in found["counters"].items()) + "); entries: " +
                   ", ".join(f"{name} {value:,}" for name, value in found["entries"].items()))


def cache(folder):
    found, counts = scenarios(folder), sums(folder)
    opens = [counts[kind] for kind in ("granted", "refused", "either")]
    found |= {"opens": sum(sum(one.values()) for one in opens), "changes": counts["storm"]["ok"],
              "false_refusals": counts["granted"]["refused"], "false_grants": counts["refused"]["ok"]}
    return found, (f"{found['opens']:,} opens beside {found['changes']:,} changes of names and mounts: "
                   f"{found['false_refusals']:,} false refusals, {found['false_grants']:,} false grants")


def boundary(folder):
    text = (folder / "boundary").read_text(encoding="utf-8").splitlines()[-1]
    return {"wrong": [] if text.endswith("; 0 disagreements") else ["disagreements"]}, text


def domains(folder):
    found = {key: int(value) for key, value in
             (line.split() for line in (folder / "domains").read_text(encoding="utf-8").splitlines())}
    number = found["domains"]
    shown = len(read_json(folder / "status.json")["domains"])
    found["kib_each"] = round((found["slab_kib"] + found["vmalloc_kib"] + found["percpu_kib"]) / number, 1)
    found["wrong"] = [] if shown == number else [f"glacis status shows {shown} domains"]
    first, last, unload = (found[key] / 1e6 for key in ("load_first", "load_last", "unload_last"))
    return found, (f"{number:,} domains of one image of {found['image_bytes'] / 1024:.1f} KiB: {found['kib_each']} KiB "
                   f"each; the first load took {first:.0f} ms, the last {last:.0f} ms, all of them "
                   f"{found['all_ms'] / 1000:.0f} s, an unload {unload:.0f} ms, "
                   f"glacis status {found['status_ms'] / 1000:.1f} s")


def containers(folder):
    lines = [[int(word) / 1000 for word in line.split()]
             for line in (folder / "times").read_text(encoding="utf-8").splitlines()]
    hook, start, stop = (sorted(column) for column in zip(*lines))
    middle = len(lines) // 2
    refused = sum(one["denied"] for one in read_json(folder / "status.json")["domains"])
    found = {"containers": len(lines), "refused": refused,
             "hook_ms": {"median": hook[middle], "worst": hook[-1]},
             "start_ms": {"median": start[middle], "worst": start[-1]},
             "poststop_ms": {"median": stop[middle], "worst": stop[-1]},
             "share": round(hook[middle] / start[middle], 3),
             "wrong": [] if refused == len(lines) else [f"{refused} refusals were counted"]}
    return found, (f"{len(lines)} containers of crun, the first instruction of each refused; the hook takes "
                   f"{hook[middle]:.0f} ms (worst {hook[-1]:.0f}) of a start of {start[middle]:.0f} ms (worst "
                   f"{start[-1]:.0f}): {found['share']:.1%}; at poststop {stop[middle]:.0f} ms (worst {stop[-1]:.0f})")


def handover(folder):
    text = (folder / "handover").read_text(encoding="utf-8").splitlines()[-1].removeprefix("daemon: ")
    return {"wrong": [] if ", none passed;" in text else [text]}, text


def flood(folder):
    text = (folder / "flood").read_text(encoding="utf-8").splitlines()[-1].removeprefix("flood: ")
    return {"wrong": [] if text.endswith("the chain is whole") else [text]}, text


def tasks(folder):
    text = (folder / "tasks").read_text(encoding="utf-8").splitlines()[-1].removeprefix("tasks: ")
    return {"wrong": [] if text.endswith("unknown or refused") else [text]}, text


def apparmor(folder):
    text = (folder / "result").read_text(encoding="utf-8").splitlines()[-1]
    good = text.endswith(", 0 unexplained") and ", 0 not in the kernel:" in text
    return {"wrong": [] if good else ["answers without an explanation"]}, text


def result(folder):
    status, seconds = map(int, (folder / "ended").read_text(encoding="utf-8").split())
    try:
        found, text = {"labels": labels, "cache": cache, "boundary": boundary, "domains": domains, "handover": handover, "containers": containers,
                       "flood": flood, "tasks": tasks, "apparmor": apparmor}[folder.name](folder)
    except (OSError, ValueError, KeyError) as error:
        found, text = {"wrong": ["no answer"], "no_answer": True}, f"no answer: {error}"
    if status and not found["wrong"]:
        found["wrong"] = [f"the guest ended with {status}"]
    word = "WRONG" if found["wrong"] else "skipped" if "skipped" in found else "ok"
    notes = "".join(f"; {one}" for one in found["wrong"])
    return ({"part": folder.name, "result": word, "seconds": seconds, **found},
            f"{folder.name}: {word}: {text}{notes} ({seconds} s)")


def main(words):
    results = [result(pathlib.Path(word)) for word in words if word != "--json"]
    if "--json" in words:
        print(json.dumps({"schema": "glacis.soak/1", "parts": [one for one, _ in results]}, indent=1))
    else:
        for _, line in results:
            print(line)
    if any("no_answer" in one for one, _ in results):
        return 2
    return 1 if any(one["wrong"] for one, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
