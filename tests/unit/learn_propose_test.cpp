// SPDX-License-Identifier: Apache-2.0
// From a recording to a drop-in that the project's own compiler takes, and that
// grants what was seen.
#include "learn_fixture.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/matcher.h"
#include "manager/learn/propose.h"
#include "manager/learn/replay.h"
#include "manager/profile/load.h"

namespace glacis::learn {
namespace {

class NoTree : public Tree {
 public:
  std::vector<Entry> list(const std::string&) const override { return {}; }
};

constexpr const char* kProfile = "schema = 1\n[profile]\nname = \"web\"\n";

std::optional<profile::ResolvedProfile> load(const std::string& profile,
                                             const std::string& drop_in) {
  profile::MemoryFiles files;
  files.add("/p/web.toml", profile);
  files.add("/p/abstractions/base.toml", R"(schema = 1
[[file]]
path = ["/usr/lib/*.so", "/etc/ld.so.cache", "/dev/null"]
access = ["read", "map_exec"]
)");
  files.add("/p/abstractions/nameservice.toml", R"(schema = 1
[[file]]
path = ["/etc/hosts", "/etc/passwd", "/etc/group"]
access = "read"
[[net]]
op = "connect"
to = "loopback"
udp = 53
)");
  if (!drop_in.empty()) files.add("/p/web.toml.d/50-learned.toml", drop_in);
  profile::LoadOptions options;
  options.files = &files;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto out = profile::load_profile("/p/web.toml", options, diagnostics, sources);
  for (const auto& one : diagnostics.all())
    EXPECT_NE(one.severity, diag::Severity::error) << one.message << "\n" << drop_in;
  return out;
}

Proposal proposal_of(const Recording& recording, const std::string& profile = kProfile) {
  static profile::ResolvedProfile own;
  own = *load(profile, "");
  Given given;
  given.profile = &own;
  for (const char* name : {"abstractions/base", "abstractions/nameservice"})
    given.abstractions.push_back({name, *load(std::string("schema = 1\ninclude = [\"") + name +
                                                  "\"]\n[profile]\nname = \"web\"\n",
                                              "")});
  auto out = propose(recording, given, NoTree());
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

std::string text_of(const Recording& recording, const Proposal& of) {
  return drop_in_text("web", recording, of.folds, of.items);
}

// What the profile with the drop-in refuses of the recording.
std::vector<std::string> refused(const Recording& recording, const std::string& drop_in) {
  const auto whole = load(kProfile, drop_in);
  if (!whole) return {"does not compile"};
  const auto matcher = Matcher::of(*whole);
  std::vector<std::string> out;
  for (const Refused& one : replay(recording, *matcher))
    out.push_back(sim::to_text(recording.behaviours[one.behaviour].request));
  return out;
}

Recording everything() {
  return recording({{"file execute /usr/sbin/web",
                     "file interpret /usr/bin/webscript",
                     "file read,map_exec /usr/sbin/web",
                     "file read /srv/www/a b\"c\\d",
                     "file read,write,create /var/lib/web/temp-123",
                     "file unix_bind /run/web/sock",
                     "file unlink /run/web/sock",
                     "file unix_connect,unix_send /run/log",
                     "file read ending=unlinked",
                     "net bind tcp 0.0.0.0:80",
                     "net bind tcp [::]:80",
                     "net connect tcp 10.1.2.3:5432",
                     "net connect udp 127.0.0.1:53",
                     "socket tcp",
                     "socket udp",
                     "socket unix",
                     "socket netlink_route",
                     "capability setuid",
                     "capability net_bind_service",
                     "kernel io_uring",
                     "task signal self term",
                     "task signal self rtmin+1",
                     "task inspect unconfined"}});
}

TEST(Propose, WhatWasSeenIsGrantedAndTheCompilerTakesIt) {
  const Recording all = everything();
  const Proposal proposal = proposal_of(all);
  for (const Suspect& one : proposal.suspects)
    ADD_FAILURE() << sim::to_text(all.behaviours[one.behaviour].request) << one.pattern->what;
  const std::string text = text_of(all, proposal);
  EXPECT_EQ(refused(all, text), std::vector<std::string>{}) << text;
  // And no more than that.
  const Recording others = recording(
      {{"file read /srv/www/a", "file execute /usr/bin/id", "net connect tcp 10.1.2.4:5432",
        "net connect tcp 10.1.2.3:5433", "capability setgid", "file write /srv/www/a b\"c\\d",
        "task signal self kill", "task trace self", "kernel bpf", "net bind tcp 0.0.0.0:81",
        "file unix_bind /run/log", "file read ending=anonymous"}});
  EXPECT_EQ(refused(others, text).size(), others.behaviours.size()) << text;
}

TEST(Propose, TheSameRecordingGivesTheSameText) {
  const Recording all = everything();
  EXPECT_EQ(text_of(all, proposal_of(all)), text_of(all, proposal_of(all)));
}

TEST(Propose, HostileNamesAreNamesAndNothingElse) {
  Recording all = recording({{"file read /srv/x"}});
  for (const std::string name :
       {"a\"]\naccess = [\"write\"]\n#", "${HOME}", "*", "{a,b}", "\\", "[x", "\xff\xfe",
        "\xe2\x80\xae gpj", "\x7f", "a\ttab", "?", "@x"}) {
    Behaviour one = all.behaviours.front();
    std::get<sim::FileRequest>(one.request).path = "/srv/" + name;
    all.behaviours.push_back(one);
  }
  const Proposal proposal = proposal_of(all);
  const std::string text = text_of(all, proposal);
  EXPECT_EQ(refused(all, text), std::vector<std::string>{}) << text;
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  const Recording others =
      recording({{"file write /srv/x", "file read /srv/zz", "file read /home/x",
                  "file read /srv/xa", "file read /srv/a"}});
  EXPECT_EQ(refused(others, text).size(), 5u) << text;
}

TEST(Propose, AnAbstractionTakesThePlaceOfWhatItCovers) {
  const Recording libraries =
      recording({{"file read,map_exec /usr/lib/a.so", "file read,map_exec /usr/lib/b.so",
                  "file read /etc/ld.so.cache", "file read /srv/x"}});
  const Proposal got = proposal_of(libraries);
  ASSERT_EQ(got.folds.size(), 1u);
  EXPECT_EQ(got.folds[0].name, "abstractions/base");
  EXPECT_EQ(got.folds[0].evidence.behaviours, 3u);
  EXPECT_EQ(got.folds[0].used, 2u);
  EXPECT_EQ(got.items.size(), 1u);
  EXPECT_EQ(refused(libraries, text_of(libraries, got)), std::vector<std::string>{});
  const Recording two = recording({{"file read /usr/lib/a.so", "file read /dev/null"}});
  EXPECT_TRUE(proposal_of(two).folds.empty());
}

TEST(Propose, AnAbstractionThatGrantsTheNetworkIsTakenIfTheNetworkWasUsed) {
  const Recording files =
      recording({{"file read /etc/hosts", "file read /etc/passwd", "file read /etc/group"}});
  EXPECT_TRUE(proposal_of(files).folds.empty());
  const Recording both = recording(
      {{"file read /etc/hosts", "file read /etc/passwd", "net connect udp 127.0.0.1:53"}});
  ASSERT_EQ(proposal_of(both).folds.size(), 1u);
}

TEST(Propose, WhatAPersonWroteCounts) {
  const std::string own = std::string(kProfile) +
                          "[[file]]\npath = \"/srv/a\"\naccess = \"read\"\n"
                          "[[file]]\ndeny = \"/srv/no/**\"\n";
  const Proposal got = proposal_of(
      recording({{"file read /srv/a", "file read /srv/no/b", "file read /srv/c"}}), own);
  EXPECT_EQ(got.granted, 1u);
  EXPECT_EQ(got.denied, std::vector<std::size_t>{1});
  ASSERT_EQ(got.items.size(), 1u);
  EXPECT_EQ(got.items[0].from, std::vector<std::size_t>{2});
}

TEST(Propose, GeneralRulesSayWhatTheyAreMadeFromAndCanBeTakenLiterally) {
  const Recording all =
      recording({{"file read,write,create /var/lib/web/temp-1"},
                 {"file read,write,create /var/lib/web/temp-2", "file read /var/lib/web/x"}});
  const Proposal got = proposal_of(all);
  ASSERT_EQ(got.items.size(), 2u);
  const Item& general = got.items[0].why.empty() ? got.items[1] : got.items[0];
  EXPECT_EQ(std::get<profile::PathRule>(general.body).glob, "/var/lib/web/temp-[0-9]*");
  EXPECT_EQ(general.evidence.behaviours, 2u);
  EXPECT_EQ(general.evidence.runs, 2u);
  EXPECT_EQ(general.samples.size(), 2u);
  const auto items = literally(all, general);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(std::get<profile::PathRule>(items[0].body).glob, "/var/lib/web/temp-1");
}

TEST(Propose, WhatNoRuleCanSayIsListed) {
  const Proposal got = proposal_of(recording({{"net connect udp 192.0.2.1:0"}}));
  EXPECT_EQ(got.impossible.size(), 1u);
  EXPECT_TRUE(got.items.empty());
}

TEST(Suspicion, AttacksAreNeverProposed) {
  const std::initializer_list<std::string_view> attacks = {"file execute /usr/bin/dash",
                                                           "file interpret /usr/bin/bash",
                                                           "file execute /usr/bin/python3.11",
                                                           "file execute /usr/bin/curl",
                                                           "file execute /tmp/x",
                                                           "file read,map_exec /dev/shm/a.so",
                                                           "file read /etc/shadow",
                                                           "file read /root/.ssh/id_ed25519",
                                                           "file write /etc/cron.d/x",
                                                           "file create /etc/ld.so.preload",
                                                           "file execute ending=anonymous",
                                                           "file map_exec ending=unlinked",
                                                           "memory exec_anon",
                                                           "kernel bpf",
                                                           "task trace unconfined",
                                                           "socket packet",
                                                           "socket raw",
                                                           "net connect tcp 169.254.169.254:80",
                                                           "capability sys_module",
                                                           "file write /proc/12/mem",
                                                           "file write /usr/bin/x",
                                                           "file unix_connect /run/docker.sock",
                                                           "file append /etc/passwd",
                                                           "file mount /mnt",
                                                           "file set_id /usr/bin/su"};
  const Recording bad = recording({attacks});
  const Proposal got = proposal_of(bad);
  EXPECT_EQ(got.suspects.size(), attacks.size());
  EXPECT_TRUE(got.items.empty());
  for (const Item& item : got.items)
    ADD_FAILURE() << sim::to_text(bad.behaviours[item.from.front()].request);
  EXPECT_EQ(refused(bad, text_of(bad, got)).size(), attacks.size());
}

TEST(Suspicion, WhatServersDoIsNone) {
  const Recording good = recording(
      {{"file execute /usr/sbin/nginx", "file read /etc/passwd", "file append /var/log/nginx/a.log",
        "memory write_exec", "net connect tcp 10.0.0.1:80", "file read /proc/12/stat",
        "capability setuid", "file create /tmp/x", "socket netlink_route", "kernel io_uring"}});
  EXPECT_EQ(proposal_of(good).suspects.size(), 1u);  // memory that is both
}

}  // namespace
}  // namespace glacis::learn
