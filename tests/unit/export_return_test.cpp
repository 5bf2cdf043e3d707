// SPDX-License-Identifier: Apache-2.0
// There and back: what a target can hold of the shipped profiles comes back as it
// went. What it can't is lost on the first way, and said then; the second way
// loses nothing.
#include <gtest/gtest.h>

#include <filesystem>

#include "manager/backend/seccomp/oci.h"
#include "manager/backend/seccomp/policy.h"
#include "manager/export/export.h"
#include "manager/import/kubearmor/import.h"
#include "manager/import/seccomp/import.h"
#include "manager/import/systemd/import.h"
#include "manager/profile/diff.h"
#include "tests/unit/built.h"
#include "tests/unit/import_fixture.h"

namespace glacis::exports {
namespace {

namespace fs = std::filesystem;
using import::Made;
using profile::ResolvedProfile;

ResolvedProfile shipped_profile(const std::string& name) {
  profile::LoadOptions options;
  options.search = {"profiles"};
  options.lint = false;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  auto profile = profile::load_profile(fs::path("profiles") / name, options, diagnostics, sources);
  EXPECT_TRUE(profile) << diag::render_text(diagnostics, sources);
  return profile ? std::move(*profile) : ResolvedProfile{};
}

// What went, what was said of it, and what came back.
struct Way {
  std::string text;
  diag::Diagnostics said;
  ResolvedProfile back;
};

using Go = Way (*)(const ResolvedProfile&);

Way arrived(std::string text, const Findings& findings, const Made& made) {
  Way out;
  out.text = std::move(text);
  findings.write_to(out.said);
  EXPECT_EQ(made.profiles.size(), 1u) << made.said() << out.text;
  auto profile = made.resolved();
  EXPECT_TRUE(profile) << made.said() << out.text;
  if (profile) out.back = std::move(*profile);
  return out;
}

Way by_seccomp(const ResolvedProfile& profile) {
  const Built built(profile);
  const auto text =
      seccomp::oci_json(seccomp::policy_of(built.view()), seccomp::this_machine(), nullptr);
  EXPECT_TRUE(text);
  Made made;
  auto one = import::seccomp::import_text(*text, "/p/s.json", {profile.name, {}}, made.diagnostics,
                                          made.sources);
  if (one) made.profiles.push_back(std::move(*one));
  return arrived(*text, {}, made);
}

Way by_kubearmor(const ResolvedProfile& profile) {
  Findings findings;
  const std::string text = kubearmor(profile, false, findings);
  Made made;
  made.profiles = import::kubearmor::import_text(text, "/p/k.yaml", made.diagnostics, made.sources);
  return arrived(text, findings, made);
}

Way by_systemd(const ResolvedProfile& profile) {
  Findings findings;
  const std::string text = systemd(profile, findings);
  const std::string unit =
      profile.attach.unit.empty() ? profile.name + ".service" : profile.attach.unit[0];
  Made made;
  made.files.add("/u/" + unit, "[Service]\nExecStart=/bin/x\n");
  made.files.add("/u/" + unit + ".d/glacis.conf", text);
  import::systemd::ImportOptions options;
  options.files = &made.files;
  auto one = import::systemd::import_file("/u/" + unit, options, made.diagnostics, made.sources);
  if (one) made.profiles.push_back(std::move(*one));
  return arrived(text, findings, made);
}

std::string differences(const ResolvedProfile& before, const ResolvedProfile& after) {
  std::vector<profile::Difference> out = profile::diff(before, after);
  std::erase_if(out, [&](const profile::Difference& each) {
    return each.subject.find("description") != std::string::npos;
  });
  return profile::diff_text(out);
}

void there_and_back(Go go, const char* name) {
  const ResolvedProfile before = shipped_profile(name);
  const Way first = go(before);
  const Way second = go(first.back);
  EXPECT_EQ(differences(first.back, second.back), "") << name << "\n"
                                                      << first.text << "\n----\n"
                                                      << second.text;
  // The way that loses says so.
  if (go != by_seccomp) {
    EXPECT_TRUE(first.said.warnings() > 0) << name;
  }
}

TEST(ExportReturn, Seccomp) {
  for (const char* name : {"nginx.toml", "redis.toml"}) {
    there_and_back(by_seccomp, name);
    // All of [syscalls] is held; what hooks don't see is refused by calls too.
    const ResolvedProfile before = shipped_profile(name);
    for (const profile::Difference& each : profile::diff(before, by_seccomp(before).back)) {
      if (each.subject.find("syscall") == std::string::npos) continue;
      EXPECT_TRUE(each.change == profile::Change::added && each.subject.starts_with("deny "))
          << each.subject;
    }
  }
}

TEST(ExportReturn, KubeArmor) {
  for (const char* name : {"nginx.toml", "redis.toml"}) there_and_back(by_kubearmor, name);
}

TEST(ExportReturn, Systemd) {
  for (const char* name : {"nginx.toml", "redis.toml"}) there_and_back(by_systemd, name);
}

}  // namespace
}  // namespace glacis::exports
