// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "manager/correlate/render.h"
#include "tests/unit/correlate_fixture.h"

namespace glacis::correlate {
namespace {

std::vector<Source> kind() {
  std::vector<Source> out;
  out.push_back(read(*k8s_audit(), file("kind.jsonl")));
  return out;
}

// Of whom the refusal is said to be, with the score.
std::string names(const Correlation& found) {
  std::string out;
  for (const Named& named : found.named)
    for (const Candidate& one : named.candidates)
      out += std::to_string(named.refusal.seq) + " " + one.action->by.name + " " +
             std::to_string(one.score.points) + "\n";
  return out;
}

Action exec(const char* name, const char* from, const char* command = "sh") {
  Action out;
  out.kind = Kind::exec;
  out.source = "k8s-audit";
  out.id = name;
  out.space = "shop";
  out.pod = "web-7d9f8c5b6-x2x4z";
  out.container = "nginx";
  out.command = {command};
  out.from = time_of(from);
  out.by.name = name;
  return out;
}

std::vector<Source> of(std::vector<Action> actions) {
  std::vector<Source> out(1);
  out.front().actions = std::move(actions);
  return out;
}

Correlation one(std::vector<Source>& sources, evidence::Json record, std::int64_t tolerance = 3) {
  return correlate(listing({std::move(record)}), sources, {tolerance * second});
}

TEST(Join, NamesWhoseSessionItWas) {
  auto sources = kind();
  const auto found = one(sources, refusal(12, "2026-11-23T16:19:02.114837Z"));
  EXPECT_EQ(names(found), "12 alice@example.org 100\n");
  EXPECT_EQ(found.not_allowed, 1u) << "bob asked, and got nothing";
  const Named& named = found.named.front();
  EXPECT_EQ(named.also.size(), 1u) << "she listed secrets before";
  EXPECT_EQ(named.of_the_token.size(), 1u) << "and the pod's own token was used for it afterwards";
  EXPECT_NE(named.candidates.front().action->until, 0) << "begin and end are one session";
  const std::string text = correlation_text(found);
  for (const char* part :
       {"high   100  alice@example.org, groups dev system:authenticated, acting as break-glass, "
        "groups admins",
        "exec: /bin/sh -c cat /etc/shadow", "from     203.0.113.7, kubectl/v1.29.1",
        "+30 namespace and pod are the same; +15 the container is the same; +30 the process, or "
        "one above it, is `sh`; +25 while the session lasted"})
    EXPECT_NE(text.find(part), text.npos) << part << "\n" << text;
}

TEST(Join, OtherPlacesAndTimesAreNotJoined) {
  auto sources = kind();
  auto record = refusal(1, "2026-11-23T16:19:02Z");
  record["container"]["pod"] = "web-7d9f8c5b6-other";
  EXPECT_EQ(names(one(sources, record)), "");
  record = refusal(1, "2026-11-23T16:19:02Z");
  record["container"]["namespace"] = "shop2";
  EXPECT_EQ(names(one(sources, record)), "");
  record = refusal(1, "2026-11-23T16:19:02Z");
  record["container"]["name"] = "sidecar";
  EXPECT_EQ(names(one(sources, record)), "");
  EXPECT_EQ(names(one(sources, refusal(1, "2026-11-23T18:19:02Z"))), "") << "long after its end";
  EXPECT_EQ(names(one(sources, refusal(1, "2026-11-23T16:10:00Z"))), "") << "before it";
  record = refusal(1, "2026-11-23T16:19:02Z");
  record.erase("container");
  EXPECT_EQ(names(one(sources, record)), "");
}

TEST(Join, TheServersOwnProcessesAreLessLikely) {
  auto sources = kind();
  auto record = refusal(3, "2026-11-23T16:19:02Z", "nginx", {"nginx", "containerd-shim"});
  record["subject"]["exe"] = "/usr/sbin/nginx";
  record["object"]["path"] = "/var/www/x";
  const auto found = one(sources, record);
  EXPECT_EQ(names(found), "3 alice@example.org 50\n");
  EXPECT_EQ(confidence(50), "low");
}

TEST(Join, AClockThatDiffers) {
  auto sources = kind();
  const auto early = refusal(5, "2026-11-23T16:18:20Z");  // our clock is 41 s behind
  auto found = one(sources, early);
  EXPECT_EQ(names(found), "");
  EXPECT_EQ(found.early, 1u);
  EXPECT_NE(summary_text(found, sources, {}).find("--clock-tolerance 42"), std::string::npos)
      << summary_text(found, sources, {});
  found = one(sources, early, 42);
  EXPECT_EQ(names(found), "5 alice@example.org 85\n");
  EXPECT_NE(correlation_text(found).find("41 s before the request"), std::string::npos);
}

TEST(Join, TwoSessionsAtOnce) {
  auto sources = of({exec("alice", "2026-11-23T16:19:01Z"), exec("bob", "2026-11-23T16:19:01.5Z")});
  auto found = one(sources, refusal(1, "2026-11-23T16:19:02Z"));
  EXPECT_EQ(names(found), "1 bob 75\n1 alice 75\n");
  for (const Candidate& each : found.named.front().candidates)
    EXPECT_EQ(confidence(each.score.points), "medium");
  sources =
      of({exec("alice", "2026-11-23T16:19:01Z"), exec("bob", "2026-11-23T16:19:01.5Z", "psql")});
  found = one(sources, refusal(1, "2026-11-23T16:19:02Z"));
  EXPECT_EQ(names(found), "1 alice 100\n1 bob 50\n") << "the process tree tells them apart";
  auto again = exec("alice", "2026-11-23T16:19:01.5Z");
  again.id = "second";
  sources = of({exec("alice", "2026-11-23T16:19:01Z"), again});
  EXPECT_EQ(names(one(sources, refusal(1, "2026-11-23T16:19:02Z"))), "1 alice 90\n1 alice 90\n");
}

TEST(Join, ArgumentsTellSessionsOfOneCommandApart) {
  auto mine = exec("alice", "2026-11-23T16:19:01Z"), other = exec("bob", "2026-11-23T16:19:01.5Z");
  mine.command = {"/bin/sh", "-c", "cat /etc/shadow; sleep 1"};
  other.command = {"/bin/sh", "-c", "date"};
  auto sources = of({mine, other});
  auto record = refusal(1, "2026-11-23T16:19:02Z", "sh", {"containerd-shim"});
  record["process"] = {{"argv", mine.command}};
  EXPECT_EQ(names(one(sources, record)), "1 alice 100\n1 bob 75\n");
  record["process"] = nullptr;  // it was gone
  EXPECT_EQ(names(one(sources, record)), "1 bob 75\n1 alice 75\n");
}

TEST(Join, APodsMakerIsNeverLikely) {
  auto make =
      exec("system:serviceaccount:kube-system:replicaset-controller", "2026-11-23T16:19:01Z");
  make.kind = Kind::create_pod;
  make.container.clear();
  make.containers = {"nginx"};
  auto sources = of({make});
  const auto found = one(sources, refusal(1, "2026-11-23T16:19:02Z"));
  ASSERT_EQ(found.named.size(), 1u);
  EXPECT_EQ(found.named.front().candidates.front().score.points, 40);
}

TEST(Join, WhoTookTheRoleIsInCloudTrail) {
  std::vector<Source> sources;
  sources.push_back(read(*k8s_audit(), file("eks.json")));
  sources.push_back(read(*cloudtrail(), file("cloudtrail.json")));
  const auto found = one(sources, refusal(9, "2026-11-23T16:19:02.114837Z"));
  EXPECT_EQ(names(found), "9 kubernetes-admin 95\n");
  const std::string text = correlation_text(found);
  EXPECT_NE(text.find("taken by alice from 203.0.113.99"), text.npos) << text;
  EXPECT_NE(text.find("from     10.0.3.4 (says it came by 198.51.100.77)"), text.npos) << text;
}

TEST(Join, SessionsOfTasksAndHosts) {
  std::vector<Source> sources;
  sources.push_back(read(*cloudtrail(), file("cloudtrail.json")));
  auto task = refusal(1, "2026-11-23T16:19:02Z");
  task["container"] = {{"id", "c"}, {"name", "api"}};
  EXPECT_EQ(names(one(sources, task)), "1 carol 70\n");
  auto host = refusal(2, "2026-11-23T16:19:02Z", "cat", {"sh", "ssm-session-wor", "systemd"});
  host.erase("container");
  host["host"] = "i-0123456789abcdef0.eu-central-1.compute.internal";
  EXPECT_EQ(names(one(sources, host)), "2 dan 85\n");
  host["host"] = "i-0123456789abcdef01";
  EXPECT_EQ(names(one(sources, host)), "");
}

TEST(Join, ControlBytesAreEscapedEverywhere) {
  auto evil = exec("eve\x1b[2J\xe2\x80\xae", "2026-11-23T16:19:01Z", "sh\n");
  evil.by.groups = {"a\x07"};
  evil.by.agent = "x\r\ny";
  evil.by.addresses = {"\x1b]0;t\x07", "b\x1b"};
  evil.id = "\x1b";
  evil.verb = "\x1b";
  evil.by.arn = "\x1b";
  auto sources = of({evil});
  sources.front().file = "f\x1b";
  sources.front().told = {{1, "\x1b"}};
  auto record = refusal(1, "2026-11-23T16:19:02Z");
  record["domain"] = "d\x1b";
  record["blockers"] = {"\x1b"};
  record["object"]["path"] = "\x1b";
  const auto found = one(sources, record);
  ASSERT_EQ(found.named.size(), 1u);
  const std::string all = correlation_text(found) + summary_text(found, sources, {}) +
                          correlation_json(found, sources, {}).dump(2);
  EXPECT_TRUE(std::ranges::none_of(all, [](char c) { return c >= 0 && c < ' ' && c != '\n'; }));
  EXPECT_EQ(all.find("\xe2\x80\xae"), all.npos);
  EXPECT_EQ(all.find("\\u001b"), all.npos) << "JSON has it as a text, as records do";
}

TEST(Join, AFloodOfSessionsCostsLittle) {
  std::vector<Action> many;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    many.push_back(exec("mallory", "2026-11-23T16:00:00Z"));
    many.back().id = std::to_string(i);
    many.back().from += i * 1'000'000;
  }
  auto sources = of(std::move(many));
  std::vector<evidence::Json> records;
  for (std::uint64_t i = 0; i < 200; ++i) records.push_back(refusal(i, "2026-11-23T16:19:02Z"));
  const auto found = correlate(listing(std::move(records)), sources, {});
  EXPECT_EQ(found.named.size(), 200u);
  EXPECT_EQ(found.named.front().candidates.size(), 8u);
}

}  // namespace
}  // namespace glacis::correlate
