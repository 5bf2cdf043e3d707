// SPDX-License-Identifier: Apache-2.0
// AppArmor as a layer: what the kernel lists is read without trust, the parser is a
// child that may say anything, and which layer enforces follows from what is there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "manager/backend/apparmor/compile.h"
#include "manager/backend/apparmor/host.h"
#include "manager/backend/apparmor/policy.h"
#include "manager/backend/apparmor/tasks.h"
#include "manager/cli/backend.h"

namespace glacis::apparmor {
namespace {

namespace fs = std::filesystem;
using cli::Backend;
using kernel::Check;
using kernel::Outcome;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/glacis-apparmor.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  // A program of the shell's.
  [[nodiscard]] std::string script(const std::string& body) const {
    const fs::path file = path_ / "parser";
    std::ofstream(file) << "#!/bin/sh\n" << body;
    fs::permissions(file, fs::perms::owner_all);
    return file.native();
  }

 private:
  fs::path path_;
};

TEST(AppArmorPolicy, OnlyOursAreListed) {
  const auto all = parse_profiles(
      "glacis.redis (complain)\n/usr/bin/man (enforce)\nglacis.nginx (enforce)\n"
      "glacis.nginx//null-/usr/bin/dash (complain)\nglacisd (enforce)\nglacis. (enforce)\n"
      "glacis.a b (enforce)\nglacis.../x (enforce)\nglacis.-x (enforce)\nglacis.open\n"
      "glacis.odd (\x1b[31m)\nglacis.last (kill)");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].domain, "last");
  EXPECT_EQ(all[0].mode, "kill");
  EXPECT_EQ(all[1].domain, "nginx");
  EXPECT_EQ(all[1].mode, "enforce");
  EXPECT_EQ(all[2].domain, "odd");
  EXPECT_EQ(all[2].mode.find('\x1b'), std::string::npos);
  EXPECT_EQ(all[3].domain, "redis");
  EXPECT_TRUE(parse_profiles("").empty());
  EXPECT_TRUE(parse_profiles("\n\n(").empty());
}

TEST(AppArmorPolicy, NamesAreChecked) {
  for (const char* name : {"", "../x", "a b", "a//b", ":ns:a", "-a", ".a", "a\n"}) {
    const auto put = replace(name, "x", true);
    ASSERT_FALSE(put) << name;
    EXPECT_NE(put.error().what.find("no profile's name"), std::string::npos);
    EXPECT_FALSE(remove(name)) << name;
  }
}

TEST(AppArmorTasks, LabelsNameDomains) {
  const auto of = [](std::string_view label) { return domains_of(label); };
  EXPECT_EQ(of("glacis.nginx"), std::vector<std::string>{"nginx"});
  EXPECT_EQ(of("glacis.nginx//null-/usr/bin/dash"), std::vector<std::string>{"nginx"});
  EXPECT_EQ(of("glacis.a//&glacis.b//&glacis.a"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(of("other//&glacis.b"), std::vector<std::string>{"b"});
  EXPECT_TRUE(of("unconfined").empty());
  EXPECT_TRUE(of("/usr/bin/glacis.nginx").empty());
  EXPECT_TRUE(of("").empty());
}

TEST(AppArmorHost, VersionOfTheParser) {
  EXPECT_EQ(parser_version("AppArmor parser version 3.0.8\nCopyright"), "3.0.8");
  EXPECT_EQ(parser_version("AppArmor parser version 4.1.0~beta5\n"), "4.1.0~beta5");
  EXPECT_EQ(parser_version("AppArmor parser version \n"), "");
  EXPECT_EQ(parser_version("AppArmor parser version 3\x1b[0m\n"), "");
  EXPECT_EQ(parser_version("something else 3.0"), "");
  EXPECT_EQ(parser_version(""), "");
}

TEST(AppArmorHost, WhatAKernelNeverAsks) {
  const std::string sockets = "names and paths of Unix sockets";
  const Folder folder;
  for (const char* name : {"file", "caps", "network_v8", "signal", "ptrace", "mount"})
    fs::create_directories(folder.path() / name);
  EXPECT_EQ(unasked_kinds(folder.path()), std::vector<std::string>{sockets});
  // Of a later version than our text.
  fs::create_directories(folder.path() / "network_v9");
  std::ofstream(folder.path() / "network_v9/af_unix") << "yes\n";
  EXPECT_EQ(unasked_kinds(folder.path()), std::vector<std::string>{sockets});
  fs::create_directories(folder.path() / "network");
  std::ofstream(folder.path() / "network/af_unix") << "yes\n";
  EXPECT_TRUE(unasked_kinds(folder.path()).empty());
  fs::remove(folder.path() / "signal");
  EXPECT_EQ(unasked_kinds(folder.path()), std::vector<std::string>{"signals"});
}

TEST(AppArmorCompile, TextGoesInAndBytesComeOut) {
  const Folder folder;
  const auto out = compile(folder.script("tr a-z A-Z; echo careful >&2\n"), "text\n");
  ASSERT_TRUE(out) << out.error().what;
  EXPECT_EQ(out->binary, "TEXT\n");
  EXPECT_EQ(out->said, "careful\n");
}

TEST(AppArmorCompile, NothingOfTheCallersComesAlong) {
  const Folder folder;
  ::setenv("GLACIS_TEST_SECRET", "seen", 1);
  const auto out = compile(folder.script("env; echo; echo \"$@\"\n"), "text\n");
  ::unsetenv("GLACIS_TEST_SECRET");
  ASSERT_TRUE(out) << out.error().what;
  EXPECT_EQ(out->binary.find("seen"), std::string::npos);
  EXPECT_NE(out->binary.find("--stdout --skip-cache"), std::string::npos);
}

TEST(AppArmorCompile, WhateverItDoesInsteadIsAnError) {
  const Folder folder;
  const auto refused =
      compile(folder.script("printf 'bad \\033[31m rule\\nmore\\n' >&2; exit 1\n"), "text\n");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("bad"), std::string::npos);
  EXPECT_EQ(refused.error().what.find('\x1b'), std::string::npos);
  EXPECT_EQ(refused.error().what.find("more"), std::string::npos);
  EXPECT_FALSE(compile(folder.script("exit 0\n"), "text\n"));           // no bytes
  EXPECT_FALSE(compile(folder.script("echo x; kill -9 $$\n"), "t\n"));  // ended by a signal
  EXPECT_FALSE(compile((folder.path() / "none").native(), "text\n"));
  // Descriptors that are open here: none is inherited.
  const auto open = compile(folder.script("ls /proc/self/fd | wc -l\n"), "text\n");
  ASSERT_TRUE(open);
  EXPECT_EQ(std::atoi(open->binary.c_str()), 4) << open->binary;  // three, and ls' own
}

TEST(AppArmorCompile, TheRealParserTakesAndRefuses) {
  const std::string parser = find_parser();
  if (parser.empty() || !fs::exists("/etc/apparmor.d/abi/3.0"))
    GTEST_SKIP() << "apparmor is not installed";
  const std::string features = "/etc/apparmor.d/abi/3.0";
  const auto good = compile(parser, "profile glacis.x { /etc/hosts r, }\n", features);
  ASSERT_TRUE(good) << good.error().what;
  EXPECT_NE(good->binary.find("glacis.x"), std::string::npos);
  EXPECT_FALSE(compile(parser, "profile glacis.x { nonsense }\n", features));
  const auto version = ask_version(parser);
  ASSERT_TRUE(version);
  EXPECT_FALSE(parser_version(*version).empty());
}

Host able() {
  Host host;
  host.enabled = true;
  host.parser = "/usr/sbin/apparmor_parser";
  host.version = "3.0.8";
  return host;
}

TEST(AppArmorHost, UsableOnlyWithAllOfIt) {
  EXPECT_TRUE(usable(able()));
  const auto without = [](auto change) {
    Host host = able();
    change(host);
    const auto status = usable(host);
    EXPECT_FALSE(status);
    if (!status) {
      EXPECT_EQ(status.error().exit, Exit::kernel);
      EXPECT_FALSE(status.error().next.empty() && status.error().what.empty());
    }
  };
  without([](Host& host) {
    host.enabled = false;
    host.why = "off";
    host.next = "on";
  });
  without([](Host& host) { host.asleep = true; });
  without([](Host& host) { host.parser.clear(); });
  without([](Host& host) { host.version.clear(); });
  without([](Host& host) { host.version = "2.13.6"; });
  Host later = able();
  later.version = "10.0";
  EXPECT_TRUE(usable(later));
}

TEST(Backend, AutoTakesAppArmorOnlyWhereNoCommandBringsBpf) {
  Host none;
  none.why = "this kernel has no AppArmor";
  const std::vector<Check> good = {{"kernel", Outcome::ok, "6.1", {}},
                                   {"bpf-lsm", Outcome::ok, "bpf", {}}};
  std::vector<Check> lacking = good, unmounted = good;
  lacking[1] = {"bpf-lsm", Outcome::fail, "`bpf` is not there", "add it"};
  unmounted.push_back({"bpffs", Outcome::fail, "not mounted", "mount it"});
  unmounted.push_back({"ftrace", Outcome::fail, "off", "switch it on"});

  EXPECT_EQ(cli::decide_backend("auto", good, able()).value(), Backend::bpf);
  EXPECT_EQ(cli::decide_backend("auto", unmounted, able()).value(), Backend::bpf);
  EXPECT_EQ(cli::decide_backend("auto", lacking, able()).value(), Backend::apparmor);
  const auto neither = cli::decide_backend("auto", lacking, none);
  ASSERT_FALSE(neither);
  EXPECT_EQ(neither.error().exit, Exit::kernel);
  EXPECT_NE(neither.error().what.find("`bpf` is not there"), std::string::npos);
  EXPECT_NE(neither.error().what.find("no AppArmor"), std::string::npos);

  // What was asked for is never replaced.
  EXPECT_EQ(cli::decide_backend("bpf", lacking, able()).value(), Backend::bpf);
  EXPECT_EQ(cli::decide_backend("apparmor", good, able()).value(), Backend::apparmor);
  EXPECT_FALSE(cli::decide_backend("apparmor", good, none));
}

}  // namespace
}  // namespace glacis::apparmor
