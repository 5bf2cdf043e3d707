// SPDX-License-Identifier: Apache-2.0
// A profile as AppArmor's: its own parser takes it, and read back it means the
// same but for what was said.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "manager/export/apparmor_pattern.h"
#include "manager/export/export.h"
#include "manager/profile/address.h"
#include "manager/profile/diff.h"
#include "manager/profile/words.h"
#include "tests/unit/built.h"
#include "tests/unit/import_fixture.h"

namespace glacis::exports {
namespace {

namespace fs = std::filesystem;
using diag::Code;
using profile::ResolvedProfile;

struct Written {
  std::string text;
  diag::Diagnostics said;

  [[nodiscard]] bool has(Code code) const {
    return std::ranges::any_of(said.all(), [&](const auto& each) { return each.code == code; });
  }
  [[nodiscard]] bool has(std::string_view word) const {
    return text.find(word) != std::string::npos;
  }
};

Written write(const ResolvedProfile& profile, const AppArmorUse& use = {}) {
  Written out;
  Findings findings;
  out.text = apparmor(profile, findings, use);
  findings.write_to(out.said);
  return out;
}

ResolvedProfile shipped(const fs::path& path) {
  profile::LoadOptions options;
  options.search = {"profiles"};
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto profile = profile::load_profile(path, options, diagnostics, sources);
  EXPECT_TRUE(profile) << diag::render_text(diagnostics, sources);
  return profile ? std::move(*profile) : ResolvedProfile{};
}

ResolvedProfile made_of(const std::string& body) {
  profile::LoadOptions options;
  const profile::MemoryFiles none;
  options.files = &none;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto profile = profile::load_profile_text("schema = 1\n[profile]\nname = \"x\"\n" + body,
                                            "x.toml", options, diagnostics, sources);
  EXPECT_TRUE(profile) << diag::render_text(diagnostics, sources);
  return profile ? std::move(*profile) : ResolvedProfile{};
}

std::vector<fs::path> profiles() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator("profiles")) {
    if (entry.path().extension() == ".toml") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

// Everything that a profile has, once.
const char* const all_sorts = R"(
[attach]
exec = "/usr/bin/x"
[exec]
allow = ["/usr/bin/x", "/usr/bin/tool"]
[[exec.transition]]
path = "/usr/bin/other"
to = "other"
[[file]]
path = ["/a b/c,d", "/q\"uote", "/[^a-c]x", "/br{a}ce/@{b,c}", "/d{,/**}"]
access = ["read"]
[[file]]
path = ["/w/**"]
access = ["read", "write", "create", "unlink", "rename", "link", "symlink", "mkdir", "rmdir", "mknod", "chmod", "chown", "truncate", "append", "lock"]
[[file]]
path = "/log/*.log"
access = ["append"]
[[file]]
path = "/own/*"
access = ["read"]
owner = "self"
[[file]]
deny = ["/w/secret{,/**}"]
[[net]]
op = ["bind", "connect"]
tcp = "any"
[[net]]
op = "connect"
unix = ["/run/s.sock", "@abstract*"]
[[net]]
socket = ["netlink_route", "packet"]
[capability]
allow = ["kill", "bpf"]
deny = ["sys_admin"]
[[process]]
peer = "self"
access = ["signal", "inspect", "trace"]
[[process]]
peer = "unconfined"
access = ["signal"]
signals = ["tstp", "40"]
)";

int parse(const std::string& text) {
  const fs::path folder = fs::path(testing::TempDir());
  const fs::path file = folder / "glacis_export_test.aa";
  std::ofstream(file) << text;
  const std::string command = "/sbin/apparmor_parser -Q -K '" + file.native() + "' >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  fs::remove(file);
  return status;
}

TEST(ExportAppArmor, ItsParserTakesIt) {
  if (!fs::exists("/sbin/apparmor_parser") || !fs::exists("/etc/apparmor.d/abi/3.0"))
    GTEST_SKIP() << "apparmor is not installed: nothing is said of its parser";
  ASSERT_NE(parse("profile x { /x nonsense, }\n"), 0);
  for (const fs::path& path : profiles()) EXPECT_EQ(parse(write(shipped(path)).text), 0) << path;
  for (const char* body : {all_sorts, "[attach]\nexec = [\"/usr/bin/x\", \"/usr/bin/y z\"]\n"}) {
    const Written text = write(made_of(body));
    EXPECT_EQ(parse(text.text), 0) << text.text;
  }
}

// The parser's table of names holds twelve.
TEST(ExportAppArmor, NamesNoMoreProfilesThanTheParserTakes) {
  std::string body = "[attach]\nexec = \"/usr/bin/x\"\n";
  const auto enter = [&](int program, int to) {
    body +=
        fmt::format("[[exec.transition]]\npath = \"/usr/bin/p{}\"\nto = \"t{}\"\n", program, to);
  };
  for (int i = 0; i < 12; ++i) enter(i, i);
  enter(12, 11);
  const Written twelve = write(made_of(body));
  EXPECT_FALSE(twelve.has(Code::GL621));
  EXPECT_TRUE(twelve.has("/usr/bin/p12 Px -> t11,")) << twelve.text;
  enter(13, 12);
  const Written more = write(made_of(body));
  EXPECT_TRUE(more.has(Code::GL621));
  EXPECT_FALSE(more.has("-> t12"));
  if (fs::exists("/sbin/apparmor_parser")) {
    EXPECT_EQ(parse(twelve.text), 0);
    EXPECT_EQ(parse(more.text), 0);
  }
}

// Two modes of execution for one path are an error to the parser.
TEST(ExportAppArmor, ATransitionTakesThePlaceOfExecution) {
  const Written text =
      write(made_of("[exec]\nallow = [\"/usr/bin/a\", \"/{usr/,}bin/b\"]\n"
                    "[[exec.transition]]\npath = \"/{usr/,}bin/b\"\nto = \"b\"\n"));
  EXPECT_TRUE(text.has("  /{usr/,}bin/b Px -> b,\n")) << text.text;
  EXPECT_TRUE(text.has("  /{usr/,}bin/b mr,\n")) << text.text;
  EXPECT_TRUE(text.has("  /usr/bin/a mrix,\n"));
  if (fs::exists("/sbin/apparmor_parser")) {
    EXPECT_EQ(parse(text.text), 0);
  }
}

// For our own backend names are marked, nothing attaches, and refusals are logged.
TEST(ExportAppArmor, AsABackendItKeepsToItself) {
  const ResolvedProfile profile = made_of(
      "[attach]\nexec = \"/usr/bin/x\"\n[exec]\nallow = \"/usr/bin/x\"\n"
      "[[exec.transition]]\npath = \"/usr/bin/y\"\nto = \"other\"\n"
      "[[file]]\ndeny = \"/root/**\"\n"
      "[[process]]\npeer = \"other\"\naccess = [\"inspect\"]\n"
      "[[process]]\npeer = \"unconfined\"\naccess = [\"trace\"]\n"
      "[[net]]\nop = \"connect\"\npeer = [\"other\", \"self\"]\n"
      "[[net]]\nop = \"connect\"\npeer = \"unconfined\"\ndeny = true\n"
      "[syscalls]\ndeny = [\"ptrace\"]\n");
  const Written alone = write(profile);
  const Written backend = write(profile, {"glacis.", true});
  EXPECT_TRUE(alone.has("profile x /usr/bin/x flags=(complain) {\n")) << alone.text;
  EXPECT_TRUE(backend.has("profile glacis.x flags=(complain) {\n")) << backend.text;
  EXPECT_TRUE(backend.has("/usr/bin/y Px -> glacis.other,\n"));
  EXPECT_TRUE(backend.has("ptrace (read) peer=glacis.other,\n"));
  EXPECT_TRUE(backend.has("ptrace (trace) peer=unconfined,\n"));
  EXPECT_TRUE(backend.has("  unix (connect, send, receive) peer=(label=glacis.other),\n"));
  EXPECT_TRUE(backend.has("  unix (connect, send, receive) peer=(label=@{profile_name}),\n"));
  EXPECT_TRUE(backend.has("  audit deny unix (connect, send) peer=(label=unconfined),\n"));
  EXPECT_TRUE(backend.has("  audit deny /root/** "));
  EXPECT_FALSE(backend.has("\n  deny "));
  EXPECT_TRUE(alone.has("\n  deny /root/** "));
  const auto says = [](const Written& written, std::string_view words) {
    return std::ranges::any_of(written.said.all(), [&](const auto& each) {
      return each.message.find(words) != std::string::npos;
    });
  };
  EXPECT_TRUE(says(backend, "nothing attaches by itself"));
  EXPECT_FALSE(says(alone, "nothing attaches by itself"));
  EXPECT_TRUE(says(alone, "system calls are not asked about"));
  EXPECT_FALSE(says(backend, "system calls are not asked about"));
  if (fs::exists("/sbin/apparmor_parser")) {
    EXPECT_EQ(parse(backend.text), 0);
  }
}

void import_into(import::Made& made, const std::string& text) {
  made.files.add("/aa/abi/3.0", "");
  import::import_text(made, text);
}

// A path that the pattern matches.
std::string sample(const profile::GlobTokens& tokens) {
  std::string out;
  for (const profile::GlobToken& token : tokens) {
    switch (token.kind) {
      case profile::GlobToken::Kind::byte:
        out += static_cast<char>(token.byte);
        break;
      case profile::GlobToken::Kind::set:
        for (unsigned c = '0'; c < 0x7f; ++c) {
          if (!token.set.test(c)) continue;
          out += static_cast<char>(c);
          break;
        }
        break;
      case profile::GlobToken::Kind::star:
        out += "s";
        break;
      case profile::GlobToken::Kind::double_star:
        out += "d/e";
        break;
    }
  }
  return out;
}

std::set<std::string> samples(const ResolvedProfile& profile) {
  std::set<std::string> out = {"/etc/shadow", "/home/u/x", "/outside", "/usr/bin/sh", "/"};
  for (const profile::Rule& rule : profile.rules) {
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    const auto all = path == nullptr ? profile::Alternatives{} : *profile::expand(path->glob);
    for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 8); ++i) {
      out.insert(sample(all[i]));
      if (!path->glob.starts_with('@')) out.insert(sample(all[i]) + "x");
    }
  }
  return out;
}

bool allows(const Built& built, const std::string& path, std::uint32_t access,
            std::uint32_t owner) {
  return built.decide(sim::FileRequest{path, access, owner}).decision == GL_ALLOW;
}

// What can be told apart there: a grant of one of these is no grant of another.
constexpr std::uint32_t changes =
    GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_UNLINK | GL_FILE_SYMLINK |
    GL_FILE_MKNOD | GL_FILE_TRUNCATE | GL_FILE_RENAME | GL_FILE_CHMOD | GL_FILE_CHOWN |
    GL_FILE_MKDIR | GL_FILE_RMDIR | GL_FILE_UNIX_BIND | GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND;

void compare(const ResolvedProfile& before, const ResolvedProfile& after, const Written& text) {
  const Built a(before), b(after);
  const std::set<std::string> programs(before.attach.exec.begin(), before.attach.exec.end());
  for (const std::string& path : samples(before)) {
    for (const std::uint32_t owner : {0u, std::uint32_t{GL_OWNER_SELF}}) {
      bool wrote = false, writes = false;
      for (std::uint32_t bit = 1; bit <= GL_FILE_TRUNCATE; bit <<= 1) {
        const bool was = allows(a, path, bit, owner), is = allows(b, path, bit, owner);
        if ((bit & changes) != 0) {
          wrote = wrote || was;
          writes = writes || is;
          // Only a rename, or a mode or owner of a folder, may be lost, and that is said.
          if (was && !is) {
            EXPECT_TRUE(text.has(Code::GL621)) << path << " " << profile::file_access_text(bit);
          }
        } else if (bit == GL_FILE_EXECUTE && programs.contains(path)) {
          continue;  // entered by that grant
        } else {
          EXPECT_TRUE(!was || is) << path << " lost " << profile::file_access_text(bit);
          const bool implied = (bit & (GL_FILE_READ | GL_FILE_MAP_EXEC)) != 0;
          EXPECT_TRUE(was || !is || (implied && text.has(Code::GL611)))
              << path << " gained " << profile::file_access_text(bit);
        }
      }
      const bool names = allows(a, path, GL_FILE_UNIX_SEND, owner);
      EXPECT_EQ(wrote || names, writes || allows(b, path, GL_FILE_UNIX_SEND, owner)) << path;
    }
  }
  for (const auto& word : profile::capability_words()) {
    const sim::CapabilityRequest request{static_cast<gl_capability>(word.value)};
    EXPECT_EQ(a.decide(request).decision, b.decide(request).decision) << word.word;
  }
  for (const char* peer : {"unconfined", "someone"}) {
    for (const std::uint32_t signal : {9u, 15u, 20u, 40u}) {
      const sim::TaskRequest request{peer, GL_TASK_SIGNAL, signal};
      EXPECT_EQ(a.decide(request).decision, b.decide(request).decision) << peer << signal;
    }
  }
}

TEST(ExportAppArmor, ItComesBack) {
  std::vector<ResolvedProfile> all;
  for (const fs::path& path : profiles()) all.push_back(shipped(path));
  ASSERT_GE(all.size(), 2u);
  all.push_back(made_of(all_sorts));
  for (const ResolvedProfile& before : all) {
    const Written first = write(before);
    import::Made made;
    import_into(made, first.text);
    ASSERT_EQ(made.profiles.size(), 1u) << made.said() << first.text;
    ASSERT_TRUE(made.profiles[0].good) << made.said() << made.profiles[0].text;
    // Whoever acts is asked alone, on both sides.
    EXPECT_FALSE(made.has(Code::GL513)) << made.said();
    const auto after = made.resolved();
    ASSERT_TRUE(after);
    compare(before, *after, first);
    // What came from there can be said there: the second time nothing is lost.
    const Written second = write(*after);
    import::Made again;
    import_into(again, second.text);
    const auto same = again.resolved();
    ASSERT_TRUE(same) << again.said() << second.text;
    std::vector<profile::Difference> differences = profile::diff(*after, *same);
    EXPECT_TRUE(differences.empty()) << before.name << "\n"
                                     << profile::diff_text(differences) << second.text;
  }
}

TEST(ExportAppArmor, Patterns) {
  EXPECT_EQ(apparmor_pattern("/a{b,c}/*"), "/a{b,c}/*");
  EXPECT_EQ(apparmor_pattern("/a{b}c", "{,/}"), "/abc{,/}");
  EXPECT_EQ(apparmor_pattern("/[^a-c]"), "/[^/a-c]");
  EXPECT_EQ(apparmor_pattern("/a b"), "\"/a b\"");
  EXPECT_EQ(apparmor_pattern("/x@{y,z}"), "/x[@]{y,z}");
  EXPECT_EQ(apparmor_pattern("/a,"), "\"/a,\"");
  EXPECT_EQ(apparmor_pattern("/a\n"), std::nullopt);
  EXPECT_EQ(apparmor_address("@a b"), "\"@a b\"");
  EXPECT_TRUE(matches_directories("/{,**}"));
  EXPECT_FALSE(matches_directories("/x{,/**}"));
}

TEST(ExportAppArmor, WhatItCantHoldIsSaid) {
  struct Case {
    const char* body;
    Code code;
  };
  for (const Case& each : {
           Case{"[[net]]\nop = \"connect\"\ntcp = 80\n", Code::GL613},
           Case{"[[net]]\nop = \"connect\"\nto = \"10.0.0.0/8\"\ntcp = \"any\"\n", Code::GL613},
           Case{"[[file]]\npath = \"/x\"\naccess = [\"read\"]\nowner = \"root\"\n", Code::GL613},
           Case{"[[file]]\npath = \"/x\"\naccess = [\"append\", \"create\"]\n", Code::GL611},
           Case{"[[file]]\npath = \"/x\"\naccess = [\"unlink\"]\n", Code::GL611},
           Case{"[[file]]\ndeny = \"/x\"\naccess = [\"rename\"]\n", Code::GL614},
           Case{"[syscalls]\ndeny = [\"ptrace\"]\n", Code::GL612},
           Case{"[attach]\nunit = \"x.service\"\n", Code::GL613},
           Case{"[[net]]\ndeny = true\nop = \"connect\"\nto = \"10.0.0.0/8\"\n", Code::GL614},
           Case{"[[net]]\nsocket = \"netlink_audit\"\n", Code::GL611},
       }) {
    EXPECT_TRUE(write(made_of(each.body)).has(each.code)) << each.body;
  }
  // What is granted whole needs no word.
  EXPECT_FALSE(write(made_of("[[net]]\nop = [\"bind\", \"connect\"]\ntcp = \"any\"\n"
                             "mptcp = \"any\"\nsctp = \"any\"\n"))
                   .has(Code::GL613));
}

// Rules of sockets, in words and in order, whatever block they stand in.
std::set<std::string> sockets_of(const ResolvedProfile& profile) {
  std::set<std::string> out;
  for (const profile::Rule& rule : profile.rules) {
    const auto* net = std::get_if<profile::NetRule>(&rule.body);
    if (net == nullptr) continue;
    std::vector<std::string> to = {""}, on = {""};
    if (!net->addresses.empty()) to.clear();
    for (const auto& cidr : net->addresses) to.push_back(profile::to_text(cidr));
    if (!net->ports.empty()) on.clear();
    for (const auto& range : net->ports) {
      for (unsigned port = range.first; port <= range.last; ++port)
        on.push_back(std::to_string(port));
    }
    for (const gl_socket kind : net->sockets)
      for (const gl_net_op op : net->ops)
        for (const std::string& address : to)
          for (const std::string& port : on)
            out.insert(fmt::format("{} {} {} {} {}", net->deny, static_cast<int>(kind),
                                   static_cast<int>(op), address, port));
  }
  return out;
}

// What a parser of 4.0 has words for comes back as it went.
TEST(ExportAppArmor, Addresses) {
  const ResolvedProfile went = made_of(R"(
[[net]]
op = ["bind"]
to = ["127.0.0.1", "::1"]
tcp = "80-82"
[[net]]
op = ["bind"]
tcp = 8080
[[net]]
op = ["connect"]
to = ["10.0.0.1"]
tcp = 443
[[net]]
op = ["connect"]
to = ["10.0.0.53", "2001:db8::35"]
udp = 53
udplite = 53
[[net]]
deny = true
op = ["connect"]
to = ["10.0.0.2"]
tcp = "any"
[[net]]
deny = true
op = ["bind"]
tcp = [81]
)");
  AppArmorUse use;
  use.addresses = true;
  const Written written = write(went, use);
  EXPECT_TRUE(written.has("abi <abi/4.0>,"));
  EXPECT_TRUE(written.has("network (connect) inet stream peer=(ip=10.0.0.1 port=443),"));
  EXPECT_TRUE(written.has("deny network (bind) inet6 stream port=81,"));
  EXPECT_FALSE(written.has(Code::GL613) || written.has(Code::GL614)) << written.text;
  import::Made made;
  import::import_text(made, written.text);
  const auto back = made.resolved();
  ASSERT_TRUE(back) << made.said();
  EXPECT_EQ(sockets_of(*back), sockets_of(went)) << written.text;
  // A parser of 3.0 refuses them.
  const Written old = write(went);
  EXPECT_TRUE(old.has("abi <abi/3.0>,") && !old.has("peer=(") && old.has(Code::GL613));
  EXPECT_TRUE(old.has(Code::GL614));
}

TEST(ExportAppArmor, AddressesWithoutWords) {
  AppArmorUse use;
  use.addresses = true;
  const auto of = [&](const std::string& rule) {
    return write(made_of("[[net]]\nop = [\"connect\"]\n" + rule), use);
  };
  const Written block = of("to = [\"10.0.0.0/8\"]\ntcp = 1");
  EXPECT_TRUE(block.has(Code::GL613) && block.has("peer=(port=1)")) << block.text;
  const Written range = of("to = [\"10.0.0.1\"]\ntcp = \"1-1000\"");
  EXPECT_TRUE(range.has(Code::GL613) && range.has("peer=(ip=10.0.0.1)")) << range.text;
  const Written refused =
      of("tcp = \"any\"\n[[net]]\ndeny = true\nop = [\"connect\"]\n"
         "to = [\"10.0.0.0/8\"]\ntcp = \"any\"");
  EXPECT_TRUE(refused.has(Code::GL614) && !refused.has("deny network")) << refused.text;
  const Written chosen = write(made_of("[[net]]\nop = [\"bind\"]\ntcp = 0"), use);
  EXPECT_TRUE(chosen.has(Code::GL621) && !chosen.has("port=")) << chosen.text;
}

}  // namespace
}  // namespace glacis::exports
