#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py [--json] [--compile FILE] KERNEL=VERSION=FILE...: the results of guests (lines "CONFIGURATION
OPERATION COUNT") as added guest instructions, and what the targets say of them. FILE of --compile has the lines
of compile_bench --json. Exit status 1 if a target is missed."""
import argparse
import json
import sys

BASE, EMPTY, UNCONFINED = "none", "empty", "unconfined"
SIZES = (10, 100, 1000)
MEDIATED = ("open_hot_4", "open_hot_12", "socket", "connect", "sendto", "capable")
RULED = ("open_cold_4", "open_cold_12", *MEDIATED)
UNTOUCHED = ("stat", "read", "write")
# Two runs of an operation differ by less than this part of it.
NOISE = 0.01
TITLES = {
    "open_cold_4": "open+close, first, 4 components", "open_cold_12": "open+close, first, 12 components",
    "open_hot_4": "open+close, again, 4 components", "open_hot_12": "open+close, again, 12 components",
    "stat": "stat", "read": "read", "write": "write", "socket": "socket+close", "connect": "UDP connect",
    "sendto": "UDP sendto", "capable": "capability (sethostname)", "fork": "vfork+exit+wait",
    "exec": "vfork+exec+wait, static",
}
COLUMNS = {
    EMPTY: "empty hook", UNCONFINED: "unconfined", "glacis10": "10 rules", "glacis100": "100 rules",
    "glacis1000": "1,000 rules", "nocache10": "10, no cache", "apparmor10": "AppArmor 10",
    "apparmor100": "AppArmor 100", "apparmor1000": "AppArmor 1,000",
}


def read_counts(path):
    counts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            configuration, operation, count = line.split()
            counts.setdefault(configuration, {})[operation] = float(count)
    return counts


def added_over_base(counts):
    base = counts[BASE]
    return {configuration: {operation: round(count - base[operation], 1) for operation, count in ops.items()}
            for configuration, ops in counts.items() if configuration not in (BASE, "domains")}


def target(text, operation, value, limit, unit="x"):
    return {"target": text, "operation": operation, "value": round(value, 4), "limit": round(limit, 4),
            "unit": unit, "met": value <= limit}


def per_operation(text, operations, above, below, limit):
    return [target(text, op, above[op] / below[op], limit) for op in operations
            if op in above and below.get(op, 0) > 0]


def worst(targets):
    """Of each target and operation the row that is furthest from being met."""
    rows = {}
    for one in targets:
        key = one["target"], one["operation"]
        if key not in rows or one["value"] > rows[key]["value"]:
            rows[key] = one
    return list(rows.values())


def against_apparmor(mine, other):
    hot, cold = ("open_hot_4", "open_hot_12"), ("open_cold_4", "open_cold_12")
    return (per_operation("open again: at most 1/3 of AppArmor", hot, mine, other, 1 / 3) +
            per_operation("first open: at most AppArmor", cold, mine, other, 1) +
            per_operation("connect: at most AppArmor", ("connect",), mine, other, 1))


def against_base(mine, base):
    return ([target("adds nothing", op, abs(mine[op]) / base[op], NOISE, "of the operation") for op in UNTOUCHED] +
            [target("exec: within 2 %", "exec", mine["exec"] / base["exec"], 0.02, "of the operation")])


def kernel_targets(counts, added):
    base, found = counts[BASE], []
    if UNCONFINED in added and EMPTY in added:
        found += per_operation("unconfined task: at most 1.3 x an empty hook", MEDIATED, added[UNCONFINED],
                               added[EMPTY], 1.3)
    for size in SIZES:
        mine, other = added.get(f"glacis{size}"), added.get(f"apparmor{size}")
        if mine and other:
            found += against_apparmor(mine, other)
        if mine:
            found += against_base(mine, base)
    if "glacis10" in added and "glacis1000" in added:
        found += per_operation("1,000 rules: within 5 % of 10", RULED, added["glacis1000"], added["glacis10"], 1.05)
    return worst(found)


def compile_targets(rows):
    limits = {"nginx.toml": 5, "service x 60": 5, "service x 1000": 100, "bench1000.toml": 100}
    return [target("compile", row["name"], row["build_ms"] + row.get("load_ms", 0), limits[row["name"]], "ms")
            for row in rows if row["name"] in limits]


def gather(arguments):
    report = {"schema": "glacis.bench/1", "unit": "guest instructions", "kernels": {}}
    for word in arguments.results:
        kernel, version, path = word.split("=", 2)
        counts = read_counts(path)
        domains = counts.pop("domains", None)
        added = added_over_base(counts)
        report["kernels"][kernel] = {"version": version, "counts": counts, "added": added, "domains": domains,
                                     "targets": kernel_targets(counts, added)}
    if arguments.compile:
        with open(arguments.compile, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        report["compile"] = {"rows": rows, "targets": compile_targets(rows)}
    return report


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    print()


def show_counts(kernel, data):
    columns = [name for name in COLUMNS if name in data["added"]]
    print(f"kernel {kernel} ({data['version']}): guest instructions an operation takes without a policy, and what "
          "is added by\n")
    rows = [["operation", "no policy"] + [COLUMNS[name] for name in columns]]
    for operation, count in data["counts"][BASE].items():
        cells = [data["added"][name].get(operation) for name in columns]
        rows.append([TITLES.get(operation, operation), f"{count:,.0f}"] +
                    ["-" if cell is None else f"{cell:,.0f}" for cell in cells])
    table(rows)


def show_domains(domains):
    number = domains["domains"]
    size = (domains["slab_kib"] + domains["vmalloc_kib"] + domains["percpu_kib"]) / number
    image = domains["image_bytes"] / 1024
    print(f"{number:.0f} domains of one image of {image:.1f} KiB: {size:.1f} KiB each, so 10,000 take "
          f"{size * 10000 / 1024:,.0f} MiB. Loading the first took {domains['load_first'] / 1e6:,.0f} ms of guest "
          f"time, the last {domains['load_last'] / 1e6:,.0f} ms.\n")


def show_targets(targets):
    rows = [["target", "operation", "limit", "measured", "verdict"]]
    for one in targets:
        factor, unit = (100, " %") if one["unit"].startswith("of") else (1, " " + one["unit"])
        rows.append([one["target"], one["operation"], f"{one['limit'] * factor:.3g}{unit}",
                     f"{one['value'] * factor:.3g}{unit}", "met" if one["met"] else "MISSED"])
    table(rows)


def show_compile(compiled):
    rows = [["compiled natively", "rules", "ms", "image bytes", "class"]]
    for row in compiled["rows"]:
        if "refused" in row:
            rows.append([row["name"], str(row["rules"]), f"{row['refused_ms']:.1f}", "refused", "-"])
        else:
            rows.append([row["name"], str(row["rules"]), f"{row['build_ms'] + row.get('load_ms', 0):.2f}",
                         f"{row['bytes']:,}", f"{row['class_bytes'] // 1024}K"])
    table(rows)


def show(report):
    for kernel, data in report["kernels"].items():
        show_counts(kernel, data)
        show_targets(data["targets"])
        if data["domains"]:
            show_domains(data["domains"])
    if "compile" in report:
        show_compile(report["compile"])
        show_targets(report["compile"]["targets"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compile")
    parser.add_argument("results", nargs="+")
    arguments = parser.parse_args()
    report = gather(arguments)
    targets = [one for part in (*report["kernels"].values(), report.get("compile", {}))
               for one in part.get("targets", [])]
    report["missed"] = sum(not one["met"] for one in targets)
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        show(report)
        print(f"{len(targets) - report['missed']} targets met, {report['missed']} missed")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
