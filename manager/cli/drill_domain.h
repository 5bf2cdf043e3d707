// SPDX-License-Identifier: Apache-2.0
// The domain of a drill: a profile's rules under a name of the drill's, without
// [attach], so that no process enters it by itself. It ends with its owner.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "manager/base/fd.h"
#include "manager/cli/host.h"
#include "manager/drill/report.h"

namespace glacis::cli {

// What is to be loaded, and what is to be said of it.
struct Copy {
  Ready ready;
  std::string profile, file;
  std::string owner;
  image::Digest original{};  // of the profile's own image, with [attach]
};

// A profile's file, or the name of one that is installed.
[[nodiscard]] Result<Copy> copy_of(const Output& out, const std::string& profile, bool notify,
                                   const profile::LoadOptions& options);

// One drill on a host at a time, so that what is left of a name is left behind.
[[nodiscard]] Result<Fd> lock_drills();

class DrillDomain {
 public:
  // Also unloads what a drill that was killed left behind. `about`: of the drill,
  // for the records of its beginning and end.
  static Result<DrillDomain> load(const Output& out, kernel::Enforcer& enforcer, const Copy& copy,
                                  Json about);
  DrillDomain(DrillDomain&& other) noexcept;
  DrillDomain& operator=(DrillDomain&&) = delete;
  ~DrillDomain();

  [[nodiscard]] const kernel::Domain& domain() const { return domain_; }
  // What is enforced under the profile's own name: same, another or nothing.
  [[nodiscard]] const std::string& in_force() const { return in_force_; }

  // Records are read first. No process must be left in it.
  Status end();

 private:
  DrillDomain(const Output& out, kernel::Enforcer& enforcer) : out_(&out), enforcer_(&enforcer) {}

  const Output* out_;
  kernel::Enforcer* enforcer_;
  kernel::Domain domain_;
  std::string in_force_;
  Json about_;
  bool loaded_ = false;
};

// Signs the report and says in the evidence log that the drill ended with it. The
// bytes that are to be kept.
[[nodiscard]] Result<std::string> close_report(const Output& out, drill::Report report,
                                               const kernel::Domain& domain, const Json& about);
// The id of this host's log.
[[nodiscard]] std::string log_id();

}  // namespace glacis::cli
