// SPDX-License-Identifier: Apache-2.0
// Texts that are made to keep an import busy: each ends in an error or a finding
// within a bound of processor time.
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "manager/import/kubearmor/import.h"
#include "manager/import/seccomp/import.h"
#include "manager/import/systemd/import.h"
#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

// Sanitisers make everything some ten times slower: there a quarter is enough of what is only
// large.
#ifdef GLACIS_SANITISED
constexpr double most_seconds = 120;
constexpr std::size_t share = 4;
#else
constexpr double most_seconds = 10;
constexpr std::size_t share = 1;
#endif

// Processor time: the same on a busy host.
class Watch {
 public:
  explicit Watch(std::string what) : what_(std::move(what)) {}
  ~Watch() {
    const auto spent = static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC;
    EXPECT_LT(spent, most_seconds) << what_;
  }

 private:
  std::string what_;
  std::clock_t begin_ = std::clock();
};

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times / share; ++i) out += piece;
  return out;
}

std::string numbered(std::string_view before, std::string_view after, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times / share; ++i) {
    out += before;
    out += std::to_string(i);
    out += after;
  }
  return out;
}

TEST(Hostile, AppArmor) {
  const std::string profile = "abi <abi/3.0>,\nprofile t /t {\n";
  for (const std::string& text :
       {profile + "/" + repeated("{a,b}", 200) + " r,\n}",
        profile + "/{" + repeated("a,", 50'000) + "b} r,\n}",
        profile + "/" + repeated("{", 5'000) + " r,\n}",
        profile + "/" + repeated("{a,", 3'000) + "b" + repeated("}", 3'000) + " r,\n}",
        profile + numbered("/a", "*/**b* rw,\n", 3'000) + "}",
        profile + numbered("/", "/** r,\n", 60'000) + "}",
        profile + repeated("/**/a*b*c*d*e* rw,\n", 2'000) + "}",
        profile + numbered("deny /**", "*x w,\n", 2'000) + numbered("/**", "*x w,\n", 2'000) + "}",
        profile + numbered("/b", " px,\n", 5'000) + "}",
        profile + "/" + repeated("[a-", 20'000) + " r,\n}",
        profile + "\"/" + repeated("\\", 100'000) + "\" r,\n}",
        profile + "/" + repeated("\x1b[2J\xff", 1'000) + " r,\n}",
        numbered("profile p", " { /x r, signal peer=p*, }\n", 1'000),
        numbered("@{V", "}=/x\n", 20'000) + profile + "@{V1}/** r, }",
        repeated("include if exists <none>\n", 50'000) + profile + "}",
        repeated("alias /a/ -> /b/,\n", 5'000) + profile + repeated("/a/x r,\n", 500) + "}",
        profile + repeated("if defined @{A} { /x r, } else ", 5'000),
        std::string(4'000'000, '\n') + profile + "}",
        profile + "unix " + repeated("(send) ", 50'000) + ",\n}",
        profile + "capability " + repeated("kill ", 50'000) + ",\n}"}) {
    const Watch watch(text.substr(0, 80));
    Made made;
    import_text(made, text);
    EXPECT_TRUE(made.diagnostics.failed() || !made.profiles.empty());
  }
  // Each file includes the next one twice.
  const Watch watch("includes");
  Made made;
  for (int i = 0; i < 30; ++i) {
    const std::string next = "include <i" + std::to_string(i + 1) + ">\n";
    made.files.add("/aa/i" + std::to_string(i), next + next);
  }
  made.files.add("/aa/i30", "/x r,\n");
  import_text(made, profile + "include <i0>\n}");
  EXPECT_TRUE(made.diagnostics.failed());
}

TEST(Hostile, Seccomp) {
  const std::string rule = R"({"names":["read"],"action":"SCMP_ACT_ALLOW"},)";
  const std::string head = R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[)";
  for (const std::string& text :
       {head + repeated(rule, 100'000) + R"({"names":[],"action":"SCMP_ACT_ALLOW"}]})",
        head + R"({"names":[)" + repeated("\"read\",", 300'000) +
            R"("write"],"action":"SCMP_ACT_ALLOW"}]})",
        head + R"({"names":["read"],"action":"SCMP_ACT_ALLOW","args":[)" +
            repeated(R"({"index":0,"value":1,"op":"SCMP_CMP_EQ"},)", 50'000) +
            R"({"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]})",
        repeated("[", 1'000'000), repeated("{\"a\":", 200'000),
        "{\"" + repeated("\\u0000", 100'000) + "\":1}"}) {
    const Watch watch(text.substr(0, 80));
    Made made;
    const auto one =
        seccomp::import_text(text, "/p/s.json", {"s", {}}, made.diagnostics, made.sources);
    EXPECT_TRUE(one || made.diagnostics.failed());
  }
}

TEST(Hostile, KubeArmor) {
  const std::string head =
      "kind: KubeArmorPolicy\nmetadata:\n  name: web\nspec:\n  action: Block\n";
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [" + before + ", " + before + "]\n";
  }
  for (const std::string& text :
       {bomb + head, head + "  file:\n    matchPaths:\n" + numbered("    - path: /x", "\n", 60'000),
        head + "  file:\n    matchPatterns:\n" + numbered("    - pattern: /a", "*/**b*\n", 2'000),
        head + "  file:\n    matchPatterns:\n    - pattern: /" + repeated("{a,b}", 300) + "\n",
        head + "  file: " + repeated("{a: ", 3'000), repeated("---\n" + head, 3'000),
        repeated("- ", 50'000), "? " + repeated("[", 3'000),
        head + "  x: |\n" + repeated("    aaaaaaaa\n", 100'000), repeated("&a ", 100'000),
        repeated("!!x ", 100'000)}) {
    const Watch watch(text.substr(0, 80));
    Made made;
    made.profiles = kubearmor::import_text(text, "/p/k.yaml", made.diagnostics, made.sources);
    EXPECT_TRUE(made.diagnostics.failed() || !made.profiles.empty()) << text.substr(0, 80);
  }
}

TEST(Hostile, Systemd) {
  for (const std::string& body :
       {numbered("ReadOnlyPaths=/a", "\n", 8'000),
        "ReadOnlyPaths=" + numbered("/a", "* ", 20'000) + "\n",
        "ProtectSystem=full\n" + numbered("ReadWritePaths=/etc/a", "\n", 4'000),
        "SystemCallFilter=" + repeated("read ", 100'000) + "\n",
        "ReadOnlyPaths=" + repeated("\\\n", 100'000),
        "ReadOnlyPaths=\"" + repeated("a", 500'000) + "\n",
        numbered("IPAddressAllow=10.0.", ".0/24\n", 250),
        "RestrictNamespaces=" + repeated("net ", 100'000) + "\n",
        "ReadOnlyPaths=/" + repeated("%n", 50'000) + "\n"}) {
    const Watch watch(body.substr(0, 80));
    Made made;
    made.files.add("/u/x.service", "[Service]\nExecStart=/bin/x\n" + body);
    systemd::ImportOptions options;
    options.files = &made.files;
    const auto one = systemd::import_file("/u/x.service", options, made.diagnostics, made.sources);
    EXPECT_TRUE(one || made.diagnostics.failed());
  }
}

}  // namespace
}  // namespace glacis::import
