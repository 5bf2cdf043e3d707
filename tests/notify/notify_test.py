#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""glacis notify against real servers on loopback: what they get, how fast, and what
happens where they fail. notify_test.py GLACIS [-k NAME]"""
import datetime
import json
import re
import socket
import sys
import time
import unittest

sys.dont_write_bytecode = True  # nothing is left in the source tree
from stage import Server, Stage, certificate, free_port

GLACIS = sys.argv.pop(1)


def webhook(server_url, name="hook", more=""):
    return f'[[sink]]\nname = "{name}"\nkind = "webhook"\nurl = "{server_url}"\n{more}\n'


ROUTE = '[[route]]\nto = ["hook"]\n'


class Notify(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(GLACIS)
        self.addCleanup(self.stage.close)

    def server(self, **options):
        out = Server(**options)
        self.addCleanup(out.server_close)
        self.addCleanup(out.shutdown)
        return out

    def begin(self, config):
        """A first run sets the cursor at the log's end."""
        self.stage.configure(config)
        done = self.stage.once()
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("begins at the end of the log", done.stderr)

    def test_tells_the_owner_alone_and_once(self):
        web, pay, rest = self.server(), self.server(), self.server()
        self.stage.refuse("/before/the/first/run")
        self.begin(webhook(web.url, "web") + webhook(pay.url, "pay") + webhook(rest.url, "rest") +
                   '[notify]\nowner = "platform"\n'
                   '[[route]]\nowner = "web"\nto = "web"\n[[route]]\nowner = ["pay"]\nto = "pay"\n'
                   '[[route]]\nowner = "platform"\nmin_grade = "suspicious"\nto = "rest"\n')
        self.stage.refuse()
        self.stage.refuse()
        self.stage.refuse(owner="pay", domain="shop", grade="probe")
        self.stage.refuse("/nobodys", owner=None)
        self.stage.refuse("/nobodys/probe", owner=None, grade="probe")
        self.stage.refuse("/observed", verdict="observed")
        done = self.stage.once("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([body["first"] for body in web.bodies], [True, False])
        self.assertEqual(web.bodies[1]["count"], 1)
        self.assertEqual(len(pay.bodies), 1)
        self.assertEqual([body["record"]["object"]["path"] for body in rest.bodies], ["/nobodys"])
        figures = json.loads(done.stdout)
        self.assertEqual((figures["records"], figures["suppressed"], figures["unrouted"]), (5, 1, 1))
        self.assertEqual(self.stage.once("--json").returncode, 0)
        self.assertEqual(len(web.bodies), 2, "nothing is told twice")

    def test_within_a_second(self):
        hook = self.server()
        self.stage.configure(webhook(hook.url) + ROUTE)
        process = self.stage.follow()
        taken = []
        for number in range(30):
            start = time.monotonic()
            self.stage.refuse(f"/program/{chr(97 + number)}")
            self.assertTrue(hook.wait(number + 1))
            taken.append(hook.times[number] - start)
        code, _, _ = self.stage.end(process)
        self.assertEqual(code, 0)
        print(f"from record to webhook: median {sorted(taken)[15]:.3f} s, longest {max(taken):.3f} s")
        self.assertLess(sorted(taken)[-2], 1.0)

    def test_a_flood_is_grouped_and_hides_nothing_new(self):
        hook = self.server()
        self.stage.configure(webhook(hook.url) + ROUTE)
        process = self.stage.follow()
        for number in range(3000):
            self.stage.refuse(f"/proc/{number}/stat")
        self.stage.refuse("/the/one")
        for number in range(3000):
            self.stage.refuse(f"/proc/{number}/stat")
        self.assertTrue(hook.wait(2))
        code, _, _ = self.stage.end(process)
        self.assertEqual(code, 0)
        paths = [(body["record"]["object"]["path"], body["first"], body["count"]) for body in hook.bodies]
        self.assertEqual(paths[:2], [("/proc/0/stat", True, 1), ("/the/one", True, 1)])
        self.assertEqual(paths[2:], [("/proc/2999/stat", False, 5999)], "the rest is told at the end")

    def test_errors_are_tried_again(self):
        hook = self.server(answers=[500, 503])
        self.begin(webhook(hook.url) + ROUTE)
        self.stage.refuse()
        done = self.stage.once()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the server answered 500", done.stderr)
        self.assertIn("1 waiting", done.stdout)
        process = self.stage.follow()
        self.assertTrue(hook.wait(1))
        code, out, _ = self.stage.end(process)
        self.assertEqual((code, len(hook.bodies)), (0, 1), out)

    def test_a_message_that_is_refused_holds_nothing_up(self):
        hook = self.server(answers=[400])
        self.begin(webhook(hook.url) + ROUTE)
        self.stage.refuse("/a")
        self.stage.refuse("/b")
        done = self.stage.once()
        self.assertIn("1 refused", done.stdout)
        self.assertEqual([body["record"]["object"]["path"] for body in hook.bodies], ["/b"])

    def test_a_server_that_hangs_holds_no_other_up(self):
        slow, fast = self.server(), self.server()
        slow.hangs = True
        self.stage.configure(webhook(slow.url, "slow") + webhook(fast.url, "fast") +
                             '[[route]]\nto = ["slow", "fast"]\n')
        process = self.stage.follow()
        start = time.monotonic()
        self.stage.refuse()
        self.assertTrue(fast.wait(1))
        self.assertLess(time.monotonic() - start, 2)
        slow.hangs = False
        self.assertTrue(slow.wait(1))
        self.assertEqual(self.stage.end(process)[0], 0)

    def test_certificates(self):
        good = certificate(self.stage.folder, "good", "IP:127.0.0.1")
        other = certificate(self.stage.folder, "other", "DNS:elsewhere.example")
        for served, trusted, fine in ((good, good, True), (good, other, False), (other, other, False),
                                      (good, None, False)):
            hook = self.server(certificate=served)
            self.stage.configure(webhook(hook.url, "hook", f'ca = "{trusted}"' if trusted else "") + ROUTE)
            self.stage.once()
            self.stage.refuse(f"/for/{served.stem}/{trusted and trusted.stem}")
            done = self.stage.once()
            self.assertEqual(done.returncode, 0 if fine else 1, done.stderr)
            self.assertEqual(len(hook.bodies), 1 if fine else 0)
            if not fine:
                self.assertRegex(done.stderr, "(?i)ssl|certificate")
                for message in (self.stage.state / "spool/hook").iterdir():
                    message.unlink()

    def test_a_spool_that_is_full_keeps_first_notices(self):
        self.begin(webhook(f"http://127.0.0.1:{free_port()}/", "hook", "spool_messages = 3") + ROUTE)
        self.stage.refuse("/a")
        self.stage.refuse("/a")
        self.stage.once()  # the first of /a, and its summary
        for path in ("/b", "/c", "/d", "/e"):
            self.stage.refuse(path)
        done = self.stage.once()
        self.assertEqual(done.returncode, 1)
        self.assertIn("3 waiting", done.stdout)
        kept = sorted((self.stage.state / "spool/hook").iterdir())
        self.assertEqual([json.loads(one.read_text())["record"]["object"]["path"] for one in kept],
                         ["/a", "/b", "/c"])
        self.assertRegex(done.stdout, "3 dropped")  # the summary gave way, /d and /e had no place

    def test_rotation_and_cut_lines(self):
        hook = self.server()
        self.begin(webhook(hook.url) + ROUTE)
        self.stage.refuse("/a")
        self.stage.begin_segment()
        self.stage.refuse("/b")
        self.stage.begin_segment()
        with self.stage.log.open("a") as log:
            log.write('{"schema":"glacis.event/1","verdict":"den')
        self.stage.once()
        with self.stage.log.open("a") as log:
            log.write('\nnot json\n{"schema":"glacis.event/1"}\n' + "[" * 100000 + "\n")
        self.stage.refuse("/c")
        self.assertEqual(self.stage.once().returncode, 0)
        self.assertEqual([body["record"]["object"]["path"] for body in hook.bodies], ["/a", "/b", "/c"])

    def test_loss_is_told(self):
        hook = self.server()
        self.begin(webhook(hook.url) + ROUTE)
        self.stage.write({"schema": "glacis.gap/1", "from": 3, "to": 9, "lost": 7, "reason": "ring_full",
                          "host": "web1"})
        self.stage.once()
        self.assertIn("7 events were lost", hook.bodies[0]["text"])

    def test_the_guard_is_told_of(self):
        """That nothing is enforced any more is told at once, and that it holds again too."""
        hook = self.server()
        self.begin(webhook(hook.url) + ROUTE)
        for what in ("broken", "well"):
            self.stage.write({"schema": "glacis.guard/1", "time": "2026-11-23T16:06:45.000000Z", "boot": "b",
                              "host": "web1", "what": what, "text": "NOTHING IS ENFORCED"})
        self.assertEqual(self.stage.once().returncode, 0)
        self.assertEqual([body["title"] for body in hook.bodies],
                         ["Glacis guard: broken", "Glacis guard: well"])
        self.assertEqual(hook.bodies[0]["text"], "web1: the guard: broken: NOTHING IS ENFORCED")

    def test_falco(self):
        """As falcosidekick checks it."""
        hook = self.server()
        self.begin(webhook(hook.url, "hook", 'format = "falco"') + ROUTE)
        self.stage.refuse("/a\\x1b[31m")
        self.stage.write({"schema": "glacis.gap/1", "from": 3, "to": 9, "lost": 7, "host": "web1"})
        self.stage.once()
        self.assertEqual(len(hook.bodies), 2)
        for body in hook.bodies:
            self.assertIn(body["priority"].lower(), {"emergency", "alert", "critical", "error", "warning",
                                                     "notice", "informational", "info", "debug"})
            self.assertTrue(body["rule"])
            self.assertTrue(body["output_fields"])
            self.assertNotEqual(datetime.datetime.fromisoformat(body["time"]).year, 1)
            for key in ("k8s.ns.name", "k8s.pod.name"):
                self.assertTrue(body["output_fields"][key] is None or isinstance(body["output_fields"][key], str))
            self.assertEqual(body["source"], "glacis")
            self.assertEqual(body["tags"], sorted(body["tags"]))
        self.assertEqual(hook.bodies[0]["rule"], "Glacis denied file.execute")
        self.assertIn("T1059.004", hook.bodies[0]["tags"])

    def test_ocsf(self):
        hook = self.server()
        self.begin(webhook(hook.url, "hook", 'format = "ocsf"') + ROUTE)
        self.stage.refuse()
        self.stage.refuse(blockers=["net.connect"], object={"kind": "socket", "address": "192.0.2.1", "port": 99})
        self.stage.refuse(blockers=["capability.sys_admin"], verdict="would_deny",
                          object={"kind": "capability", "capability": "sys_admin"})
        self.stage.once()
        run, connect, capability = hook.bodies
        for body in hook.bodies:
            self.assertEqual(body["type_uid"], body["class_uid"] * 100 + body["activity_id"])
            self.assertEqual(body["category_uid"], body["class_uid"] // 1000)
            self.assertIn("security_control", body["metadata"]["profiles"])
            for key in ("severity_id", "time", "device", "actor", "policy"):
                self.assertIn(key, body)
        self.assertEqual((run["class_uid"], run["activity_id"], run["action_id"], run["disposition_id"]),
                         (1007, 1, 2, 2))
        self.assertEqual((connect["class_uid"], connect["dst_endpoint"]), (4001, {"ip": "192.0.2.1", "port": 99}))
        self.assertEqual((capability["class_uid"], capability["action_id"], capability["disposition_id"]),
                         (1003, 3, 17))

    def test_a_token_is_sent(self):
        hook = self.server()
        token = self.stage.folder / "token"
        token.write_text("s3cret\n")
        self.begin(webhook(hook.url, "hook", f'token_file = "{token}"') + ROUTE)
        self.stage.refuse()
        self.stage.once()
        self.assertEqual(hook.headers[0]["Authorization"], "Bearer s3cret")

    def syslog(self, to):
        self.begin(f'[[sink]]\nname = "hook"\nkind = "syslog"\nto = "{to}"\n' + ROUTE)
        self.stage.refuse('/a"b]c\\\\d')
        self.assertEqual(self.stage.once().returncode, 0)

    def check_syslog(self, message):
        parts = re.fullmatch(rb'<(\d+)>1 (\S+) (\S+) glacis (\S+) refusal (\[glacis@32473(?: \w+="(?:[^"\\\]]|\\.)*")+\])'
                             rb' \xef\xbb\xbf(.*)', message)
        self.assertIsNotNone(parts, message)
        self.assertEqual(parts[1], b"82")  # authpriv, critical
        datetime.datetime.fromisoformat(parts[2].decode())
        self.assertEqual(parts[3], b"web1")
        self.assertIn(b'path="/a\\"b\\]c\\\\\\\\d"', parts[5])
        self.assertIn(b"a shell was to be started", parts[6])

    def test_syslog_over_unix_and_udp(self):
        path = str(self.stage.folder / "log.socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.bind(path)
            one.settimeout(10)
            self.syslog(f"unix:{path}")
            self.check_syslog(one.recv(65536))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            one.settimeout(10)
            self.stage.state = self.stage.folder / "other"
            self.syslog(f"udp:127.0.0.1:{one.getsockname()[1]}")
            self.check_syslog(one.recv(65536))

    def test_syslog_over_tcp_counts_its_octets(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            self.syslog(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
            with listener.accept()[0] as one:
                length, message = one.recv(65536).split(b" ", 1)
                self.assertEqual(int(length), len(message))
                self.check_syslog(message)

    def test_one_at_a_time(self):
        self.stage.configure(webhook("http://127.0.0.1:9/") + ROUTE)
        process = self.stage.follow()
        done = self.stage.once()
        self.assertEqual(done.returncode, 2)
        self.assertIn("by another program already", done.stderr)
        self.stage.end(process)

    def test_faults_of_the_configuration(self):
        self.stage.configure(
            '[[sink]]\nname = "a"\nkind = "pager"\n[[sink]]\nname = "../b"\nkind = "webhook"\nurl = "http://example.org/"\n'
            '[[sink]]\nkind = "syslog"\nto = "udp:host"\n[[sink]]\nname = "a"\nkind = "webhook"\nspool_messages = 0\n'
            '[[route]]\nto = "nowhere"\nmin_grade = "bad"\n[[route]]\nonwer = "x"\nto = "a"\n')
        done = self.stage.once("--check")
        self.assertEqual(done.returncode, 2)
        for text in ("pager", "no name of a sink", "http only to loopback", "the sink's name is missing",
                     "no place for syslog", "has the name of another", "a number above 0", "no sink of this file",
                     "min_grade", "did you mean `owner`"):
            self.assertIn(text, done.stderr)
        self.assertFalse(self.stage.state.exists())


if __name__ == "__main__":
    unittest.main(verbosity=1)
