#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""profiles.py FOLDER: the same policies for both enforcers, bench10, bench100 and bench1000: seven rules that
the measured operations need, among rules like those of services. NAME.toml and NAME.aa each.

AppArmor cannot tell addresses apart; where a policy grants some, it grants the protocol."""
import pathlib
import sys

SIZES = (10, 100, 1000)
RW, R = ["read", "write", "create"], ["read"]
# A tenth of the rules are about the network, half of the files lie beside the measured ones.
FILLER = (
    ("/srv/app_{0}/data/**", R), ("/tmp/bench/app_{0}/**", R), ("/etc/app_{0}/*.conf", R),
    ("/tmp/bench/app_{0}.d/{{cache,state}}/**", RW), ("/var/lib/app_{0}/{{cache,state}}/**", RW),
    ("/tmp/bench/tree_{0}/*/f", R), ("/usr/share/app_{0}/file_?.dat", R),
    ("/tmp/bench/tree/x_{0}.log", RW), ("/tmp/bench/tree/1/2/x_{0}/**", R),
)


def fillers(count):
    nets = count // 10
    for i in range(count - nets):
        path, access = FILLER[i % len(FILLER)]
        yield path.format(i), access
    for i in range(nets):
        yield f"10.{i // 200}.{i % 200}.0/24", None


def toml(name, rules):
    def array(words):
        return "[" + ", ".join(f'"{word}"' for word in words) + "]"

    out = ["schema = 1", "[profile]", f'name = "{name}"', 'mode = "enforce"',
           "[exec]", 'allow = "/tmp/bench/bin/op"', 'inherit = ["stdio"]',
           "[capability]", 'allow = ["sys_admin"]']

    def net(op, to, port):
        out.extend(["[[net]]", f'op = "{op}"', f"to = {array(to)}", f"udp = {port}"])

    def file(path, access):
        out.extend(["[[file]]", f'path = "{path}"', f"access = {array(access)}"])

    file("/tmp/bench/tree/**", ["read", "write"])
    file("/tmp/bench/bin/op", ["read", "map_exec"])
    net("bind", ["127.0.0.0/8"], 9901)
    net("connect", ["127.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"], 9902)
    net("send", ["127.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"], 9901)
    for what, access in rules:
        if access:
            file(what, access)
        else:
            net("connect", [what], 9902)
    return "\n".join(out) + "\n"


def apparmor(name, rules):
    lines = ["/tmp/bench/tree/** rw,", "/tmp/bench/bin/op mrix,", "capability sys_admin,",
             "network inet dgram,", "/tmp/bench/out/* rw,", "/dev/null rw,"]
    for what, access in rules:
        if access:
            lines.append(f"{what} {'rw' if 'write' in access else 'r'},")
    return f"profile {name} {{\n  " + "\n  ".join(lines) + "\n}\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        name, rules = f"bench{size}", list(fillers(size - 7))
        (folder / f"{name}.toml").write_text(toml(name, rules), encoding="utf-8")
        (folder / f"{name}.aa").write_text(apparmor(name, rules), encoding="utf-8")


if __name__ == "__main__":
    main()
