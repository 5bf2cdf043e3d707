// SPDX-License-Identifier: Apache-2.0
// Policies of KubeArmor and drop-ins of systemd.
#include "manager/export/export.h"

#include <gtest/gtest.h>

#include "manager/diag/diagnostic.h"
#include "manager/export/tree.h"
#include "manager/profile/load.h"

namespace glacis::exports {
namespace {

using diag::Code;
using profile::ResolvedProfile;

ResolvedProfile compiled_of(const std::string& body) {
  profile::LoadOptions options;
  const profile::MemoryFiles none;
  options.files = &none;
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto profile = profile::load_profile_text("schema = 1\n[profile]\nname = \"x\"\n" + body,
                                            "x.toml", options, diagnostics, sources);
  EXPECT_TRUE(profile) << body;
  return profile ? std::move(*profile) : ResolvedProfile{};
}

struct Exported {
  std::string text;
  diag::Diagnostics said;

  [[nodiscard]] bool has(Code code) const {
    for (const auto& each : said.all()) {
      if (each.code == code) return true;
    }
    return false;
  }
  [[nodiscard]] bool has(std::string_view line) const {
    return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
};

Exported to_systemd(const std::string& body) {
  Exported out;
  Findings findings;
  out.text = systemd(compiled_of(body), findings);
  findings.write_to(out.said);
  return out;
}

Exported to_kubearmor(const std::string& body, bool host = false) {
  Exported out;
  Findings findings;
  out.text = kubearmor(compiled_of(body), host, findings);
  findings.write_to(out.said);
  return out;
}

TEST(ExportTree, Places) {
  using Kind = Place::Kind;
  const auto one = [](std::string_view glob) { return places_of(glob).at(0); };
  EXPECT_EQ(one("/a/b"), (Place{Kind::path, "/a/b", "/a/b"}));
  EXPECT_EQ(one("/a/b{,/**}"), (Place{Kind::tree, "/a/b", "/a/b", true}));
  EXPECT_EQ(places_of("/a/b{,/**}").size(), 1u);
  EXPECT_EQ(one("/a/*"), (Place{Kind::folder, "/a", "/a"}));
  EXPECT_EQ(one("/a/*.log"), (Place{Kind::pattern, "/a/*.log", "/a"}));
  EXPECT_EQ(one("/**"), (Place{Kind::tree, "/", "/"}));
  EXPECT_EQ(one("/a[^b]c").text, "/a[^b]c");
  EXPECT_EQ(one("/a?").text, "/a?");
  EXPECT_TRUE(is_below("/a/b", "/a") && is_below("/a", "/") && !is_below("/ab", "/a"));
}

TEST(ExportSystemd, Settings) {
  const Exported text = to_systemd(
      "[attach]\nunit = \"x.service\"\n[exec]\nallow = \"/usr/bin/x\"\n"
      "[[file]]\npath = [\"/var/lib/x{,/**}\", \"/var/lib/50%\"]\naccess = [\"read\", \"write\"]\n"
      "[[file]]\ndeny = \"/etc/shadow\"\n"
      "[[net]]\nop = \"bind\"\ntcp = [80, 443]\n"
      "[capability]\nallow = [\"kill\"]\ndeny = [\"setuid\"]\n");
  for (const char* line :
       {"ProtectSystem=strict", "ProtectHome=yes", "ReadWritePaths=-/var/lib/x",
        "ReadWritePaths=-/var/lib/50%%", "InaccessiblePaths=-/etc/shadow", "NoExecPaths=/",
        "ExecPaths=-/usr/bin/x", "CapabilityBoundingSet=CAP_KILL", "NoNewPrivileges=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6", "SocketBindDeny=any", "SocketBindAllow=tcp:443",
        "SocketBindAllow=tcp:80", "MemoryDenyWriteExecute=yes", "RestrictNamespaces=~user",
        "ProtectKernelTunables=yes", "SystemCallErrorNumber=EPERM"}) {
    EXPECT_TRUE(text.has(line)) << line << "\n" << text.text;
  }
  EXPECT_TRUE(text.has(Code::GL612));
  // A server accepts from anywhere.
  EXPECT_EQ(text.text.find("IPAddressDeny"), std::string::npos);
}

TEST(ExportSystemd, Clients) {
  const Exported text =
      to_systemd("[[net]]\nop = \"connect\"\nto = [\"10.0.0.0/8\", \"loopback\"]\ntcp = 443\n");
  EXPECT_TRUE(text.has("IPAddressDeny=any"));
  EXPECT_TRUE(text.has("IPAddressAllow=10.0.0.0/8 127.0.0.0/8 ::1/128") ||
              text.has("IPAddressAllow=10.0.0.0/8 127.0.0.0/8 ::1"))
      << text.text;
  EXPECT_TRUE(text.has(Code::GL613));  // the port
  const Exported none = to_systemd("");
  EXPECT_TRUE(none.has("RestrictAddressFamilies=none") && none.has("CapabilityBoundingSet="))
      << none.text;
}

TEST(ExportSystemd, Calls) {
  const Exported text = to_systemd(
      "[syscalls]\nallow = [\"read\", \"write\"]\nkill = [\"swapon\"]\ndeny = [\"mount\"]\n");
  EXPECT_TRUE(text.has("SystemCallFilter=read write")) << text.text;
  EXPECT_TRUE(text.has("SystemCallFilter=~swapon:kill"));
  EXPECT_NE(text.text.find(" mount "), std::string::npos) << text.text;
  EXPECT_TRUE(text.has("SystemCallArchitectures=native"));
  const Exported doors = to_systemd("[kernel]\nallow = [\"bpf\", \"keys\"]\n");
  EXPECT_EQ(doors.text.find(" bpf "), std::string::npos);
  EXPECT_NE(doors.text.find(" perf_event_open "), std::string::npos) << doors.text;
}

TEST(ExportSystemd, WhatItCantHoldIsSaid) {
  EXPECT_TRUE(to_systemd("[[file]]\ndeny = \"/x/*.key\"\n").has(Code::GL614));
  EXPECT_TRUE(
      to_systemd("[[file]]\npath = \"/x/*.log\"\naccess = [\"append\"]\n").has(Code::GL611));
  // The folder itself is refused too, if the profile does not say so.
  EXPECT_EQ(to_systemd("[[file]]\ndeny = \"/x/**\"\n").said.notes(),
            to_systemd("[[file]]\ndeny = \"/x{,/**}\"\n").said.notes() + 1);
  EXPECT_TRUE(to_systemd("[[net]]\ndeny = true\nop = \"connect\"\n").has(Code::GL614));
  EXPECT_TRUE(to_systemd("[[exec.transition]]\npath = \"/x\"\nto = \"y\"\n").has(Code::GL613));
}

TEST(ExportKubeArmor, Policy) {
  const Exported text = to_kubearmor(
      "[exec]\nallow = \"/usr/bin/x\"\n"
      "[[file]]\npath = [\"/etc/x{,/**}\", \"/etc/*\"]\naccess = [\"read\"]\n"
      "[[file]]\npath = \"/var/log/*.log\"\naccess = [\"read\", \"write\"]\nowner = \"self\"\n"
      "[[file]]\ndeny = \"/etc/shadow\"\n"
      "[[net]]\nop = [\"bind\", \"connect\"]\ntcp = \"any\"\n"
      "[capability]\nallow = [\"kill\"]\ndeny = [\"sys_admin\"]\n");
  for (const char* part :
       {"kind: KubeArmorPolicy\n", "  name: x\n",
        "  process:\n    matchPaths:\n    - path: \"/usr/bin/x\"\n",
        "    - dir: \"/etc/x/\"\n      recursive: true\n      readOnly: true\n",
        "    - dir: \"/etc/\"\n      readOnly: true\n",
        "    - pattern: \"/var/log/*.log\"\n      ownerOnly: true\n",
        "    - path: \"/etc/shadow\"\n      action: Block\n", "    - protocol: TCP\n",
        "    - capability: kill\n    - capability: sys_admin\n      action: Block\n",
        "  action: Allow\n"}) {
    EXPECT_NE(text.text.find(part), std::string::npos) << part << "\n" << text.text;
  }
  EXPECT_TRUE(text.has(Code::GL611) && text.has(Code::GL612));
  EXPECT_NE(to_kubearmor("", true).text.find("KubeArmorHostPolicy"), std::string::npos);
  EXPECT_TRUE(to_kubearmor("[[net]]\nop = \"connect\"\ntcp = 80\n").has(Code::GL613));
  EXPECT_TRUE(to_kubearmor("[[net]]\nop = \"connect\"\nsctp = 80\n").has(Code::GL621));
}

TEST(ExportSeccomp, SaysWhatAFilterCannotAsk) {
  const auto said = [](const std::string& body) {
    Findings findings;
    seccomp_limits(compiled_of(body), findings);
    return findings;
  };
  // By default all is refused, so that an empty profile too is wider as a filter.
  const Findings empty = said("mode = \"enforce\"\n");
  EXPECT_EQ(empty.all().size(), 6U);
  for (const auto& [what, places] : empty.all()) {
    EXPECT_EQ(what.first, Code::GL612);
    EXPECT_EQ(places.size(), 1U) << what.second;
  }
  const Findings named = said(
      "mode = \"audit\"\n[capability]\nallow = [\"kill\"]\n"
      "[syscalls]\ndeny = [\"ptrace\"]\n");
  EXPECT_EQ(named.all().size(), 7U);
  for (const auto& [what, places] : named.all()) {
    if (!what.second.starts_with("capabilities")) continue;
    EXPECT_EQ(std::get<1>(*places.begin()), 6U);  // the rule's line
  }
  EXPECT_EQ(named.all().rbegin()->first.first, Code::GL622);
}

}  // namespace
}  // namespace glacis::exports
