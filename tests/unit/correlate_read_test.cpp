// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "manager/correlate/split.h"
#include "tests/unit/correlate_fixture.h"

namespace glacis::correlate {
namespace {

std::string pieces(std::string_view text, std::size_t chunk = 3) {
  std::string out;
  Splitter splitter([&](const Piece& piece) {
    out += std::to_string(piece.line) + ":" +
           (piece.bad ? std::string(piece.bad) : std::string(piece.text)) + "\n";
  });
  for (std::size_t at = 0; at < text.size(); at += chunk) splitter.feed(text.substr(at, chunk));
  splitter.end();
  return out;
}

TEST(Split, LinesListsAndDocuments) {
  EXPECT_EQ(pieces("{\"a\":1}\n\n{\"b\":\"}\\\"\"}\n"), "1:{\"a\":1}\n3:{\"b\":\"}\\\"\"}\n");
  EXPECT_EQ(pieces("[\n{\"a\":[1]},\n{\"b\":2}]\n"), "2:{\"a\":[1]}\n3:{\"b\":2}\n");
  EXPECT_EQ(pieces(R"({"kind":"EventList","items":[{"a":{}},{"b":2}],"x":"y"})"),
            "1:{\"a\":{}}\n1:{\"b\":2}\n");
  EXPECT_EQ(pieces("{\"Records\": [\n  {\n    \"a\": 1\n  },\n  {}\n ]\n}\n{\"c\":3}\n"),
            "2:{\n    \"a\": 1\n  }\n5:{}\n8:{\"c\":3}\n");
  EXPECT_EQ(pieces(R"({"x":{"items":[{}]}})"), "1:{\"x\":{\"items\":[{}]}}\n");
}

TEST(Split, WhatIsCutOffCostsItself) {
  EXPECT_EQ(pieces("{\"a\":{\"b\"\n{\"c\":3}\n"), "1:is cut off\n2:{\"c\":3}\n");
  EXPECT_EQ(pieces("{\"a\":\"b\n{\"c\":3}\n"), "1:is cut off within a string\n2:{\"c\":3}\n");
  EXPECT_EQ(pieces("{\"a\":1"), "1:is cut off\n");
  EXPECT_EQ(pieces("no json at all\n{\"c\":3}\n"), "1:is no object\n2:{\"c\":3}\n");
  EXPECT_EQ(pieces("}]}]\n{\"c\":3}\n"), "2:{\"c\":3}\n");
}

TEST(Split, BoundedWhateverThereIs) {
  const std::string deep(3'000'000, '[');
  EXPECT_EQ(pieces("{\"a\":" + deep + "\n{\"c\":3}\n", 65536), "1:is cut off\n2:{\"c\":3}\n");
  const std::string much(longest_record + 1, 'x');
  EXPECT_EQ(pieces("{\"a\":\"" + much + "\"}\n{\"c\":3}\n", 65536),
            "1:is longer than any record\n2:{\"c\":3}\n");
}

TEST(Fields, TimesAndQueries) {
  EXPECT_EQ(time_of("1970-01-01T00:00:01Z"), second);
  EXPECT_EQ(time_of("2026-11-23T16:19:02.114837Z"), time_of("2026-11-23T17:49:02.114837000+01:30"));
  EXPECT_EQ(time_of("2026-11-23T16:19:02.5Z") - time_of("2026-11-23T16:19:02Z"), second / 2);
  for (const char* bad :
       {"", "x", "2026-13-01T00:00:00Z", "2026-11-23T16:19:02", "9999-01-01T00:00:00Z",
        "2026-11-23T25:00:00Z", "2026-11-23T16:19:02.Z", "2026-11-23T16:19:02Zx"})
    EXPECT_EQ(time_of(bad), 0) << bad;
  const auto words = query("/exec?command=%2Fbin%2Fsh&x=1&command=a+b%zz%4", "command");
  EXPECT_EQ(words, (std::vector<std::string>{"/bin/sh", "a b%zz%4"}));
  EXPECT_TRUE(query("/exec", "command").empty());
}

TEST(K8s, WhatBearsOnContainers) {
  const Source source = read(*k8s_audit(), file("kind.jsonl"));
  EXPECT_EQ(source.records, 7u);
  EXPECT_EQ(source.bad, 0u);
  ASSERT_EQ(source.actions.size(), 5u);  // neither a read of a pod nor what was only asked
  const Action& exec = source.actions[0];
  EXPECT_EQ(exec.kind, Kind::exec);
  EXPECT_EQ(exec.container, "nginx");
  EXPECT_EQ(exec.command, (std::vector<std::string>{"/bin/sh", "-c", "cat /etc/shadow"}));
  EXPECT_EQ(exec.by.acts_as, "break-glass");
  EXPECT_EQ(exec.until, 0);
  EXPECT_EQ(source.actions[3].by.pod, "web-7d9f8c5b6-x2x4z");
  EXPECT_TRUE(source.actions[4].refused);
}

const Action* by_id(const Source& source, std::string_view id) {
  const auto at = std::ranges::find(source.actions, id, &Action::id);
  EXPECT_NE(at, source.actions.end()) << id;
  return at == source.actions.end() ? nullptr : &*at;
}

// kinds.jsonl: each kind of request that can bear on a container, and their like that can't.
TEST(K8s, EachKindOfRequest) {
  const Source source = read(*k8s_audit(), file("kinds.jsonl"));
  EXPECT_EQ(source.records, 20u);
  EXPECT_EQ(source.bad, 0u);
  std::string seen;
  for (const Action& action : source.actions)
    seen += fmt::format("{} {} {}\n", action.id, word(action.kind), action.verb);
  EXPECT_EQ(seen, fmt::format("a1 {0} create pods/attach\n"
                              "a1 {0} create pods/attach\n"
                              "a2 {0} get pods/attach\n"
                              "p1 {1} create pods/portforward\n"
                              "d1 {2} patch pods/ephemeralcontainers\n"
                              "d2 {2} update pods/ephemeralcontainers\n"
                              "r1 {3} create roles\n"
                              "r2 {3} update clusterroles\n"
                              "r3 {3} patch rolebindings\n"
                              "r4 {3} delete clusterrolebindings\n"
                              "r5 {3} deletecollection roles\n"
                              "r6 {3} escalate clusterroles\n"
                              "r7 {3} bind rolebindings\n"
                              "c1 {4} create pods\n",
                              word(Kind::attach), word(Kind::port_forward), word(Kind::debug),
                              word(Kind::rights), word(Kind::create_pod)));
}

TEST(K8s, WhatEachKindSays) {
  const Source source = read(*k8s_audit(), file("kinds.jsonl"));
  const std::string pod = "web-7d9f8c5b6-x2x4z";
  if (const Action* one = by_id(source, "a1")) {
    EXPECT_EQ(one->container, "nginx");
    EXPECT_EQ(one->pod, pod);
    EXPECT_EQ(one->until, 0) << "where the session begins its end is not known";
    EXPECT_EQ((one + 1)->until, time_of("2026-11-23T16:25:00Z"));
    EXPECT_EQ((one + 1)->from, time_of("2026-11-23T16:19:01Z"));
  }
  if (const Action* one = by_id(source, "a2")) {
    EXPECT_EQ(one->container, "sidecar");
  }
  if (const Action* one = by_id(source, "p1")) {
    EXPECT_EQ(one->pod, pod);
    EXPECT_EQ(one->until - one->from, 600 * second);
  }
  if (const Action* one = by_id(source, "d1")) {
    EXPECT_EQ(one->containers, (std::vector<std::string>{"debugger-x7k2p"}));
    EXPECT_EQ(one->command, (std::vector<std::string>{"sh", "-c", "id"}));
    EXPECT_EQ(one->until, 0) << "what was added stays";
    EXPECT_FALSE(one->refused);
  }
  if (const Action* one = by_id(source, "d2")) {
    EXPECT_TRUE(one->refused);
  }
  if (const Action* one = by_id(source, "r3")) {
    EXPECT_EQ(one->space, "shop");
    EXPECT_EQ(one->pod, "") << "a role is no pod";
  }
  if (const Action* one = by_id(source, "c1")) {
    EXPECT_EQ(one->pod, "job-8x2lq") << "as the server named it";
    EXPECT_EQ(one->containers, (std::vector<std::string>{"main", "helper"}));
    EXPECT_EQ(one->command, (std::vector<std::string>{"sh"})) << "of the first that has one";
  }
}

TEST(K8s, HostileRecords) {
  const auto reader = k8s_audit();
  std::string text = "not json\n{\"kind\":\"Event\"}\n{\"kind\":\"Event\",\"kind\":\"Event\"}\n";
  text += R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":[],"user":7,"objectRef":"x",)"
          R"("verb":{},"requestURI":null,"sourceIPs":{}})"
          "\n";
  text += R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"create","objectRef":)"
          R"({"resource":"pods","subresource":"exec"},"stageTimestamp":"yesterday"})"
          "\n";
  text += "{\"a\":" + std::string(500, '[') + std::string(500, ']') + "}\n";
  text += "{\"kind\":\"Event\",\"apiVersion\":";
  const Source source = read_text(*reader, text);
  EXPECT_EQ(source.records, 1u);
  EXPECT_EQ(source.bad, 6u);
  EXPECT_EQ(source.actions.size(), 0u);
  EXPECT_EQ(source.told.front().line, 1u);
}

TEST(K8s, AFloodIsBounded) {
  std::string text;
  const std::string start =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"list","objectRef":)"
      R"({"resource":"secrets"},"stageTimestamp":"2026-11-23T16:19:02Z","auditID":")";
  for (std::size_t i = 0; i < most_actions + 5; ++i) text += start + std::to_string(i) + "\"}\n";
  const Source source = read_text(*k8s_audit(), text);
  EXPECT_EQ(source.actions.size(), most_actions);
  EXPECT_EQ(source.over, 5u);
}

TEST(CloudTrail, Sessions) {
  const Source source = read(*cloudtrail(), file("cloudtrail.json"));
  EXPECT_EQ(source.records, 4u);
  ASSERT_EQ(source.actions.size(), 3u);
  EXPECT_EQ(source.actions[0].new_access_key, "ASIAEXAMPLEKEY000001");
  EXPECT_EQ(source.actions[1].command, (std::vector<std::string>{"/bin/sh", "-i"}));
  EXPECT_EQ(source.actions[2].host, "i-0123456789abcdef0");
}

TEST(Read, AFileThatIsNotThere) {
  EXPECT_EQ(read_source(*k8s_audit(), "/nonexistent").error().exit, Exit::usage);
  EXPECT_FALSE(read_source(*k8s_audit(), "/"));
}

}  // namespace
}  // namespace glacis::correlate
