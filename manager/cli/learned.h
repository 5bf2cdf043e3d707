// SPDX-License-Identifier: Apache-2.0
// A profile and what was learned for it: the drop-in is left out while it is
// made anew, and checked in its place before it is written.
#pragma once

#include <string>
#include <vector>

#include "manager/cli/policy.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/propose.h"

namespace glacis::cli {

class Learned {
 public:
  Learned(fs::path profile, profile::LoadOptions options, std::string name = learn::drop_in_name)
      : profile_(std::move(profile)), options_(std::move(options)), name_(std::move(name)) {}

  [[nodiscard]] const fs::path& profile() const { return profile_; }

  // NAME.toml.d/50-learned.toml beside the profile, or another name.
  [[nodiscard]] fs::path drop_in() const;

  // The profile with this text as its drop-in, or without one.
  [[nodiscard]] Result<profile::ResolvedProfile> load(const Output& out,
                                                      const std::string* text) const;

  // The profile without its drop-in of this name, and the abstractions that this host has.
  [[nodiscard]] Result<learn::Given> given(const Output& out, profile::ResolvedProfile& into) const;

  // By the compiler and the core: the profile with this drop-in compiles, and
  // refuses nothing of what the items stand for.
  [[nodiscard]] Status check(const Output& out, const std::string& text,
                             const learn::Recording& recording,
                             const std::vector<learn::Item>& items) const;
  [[nodiscard]] Status write(const std::string& text) const;

 private:
  fs::path profile_;
  profile::LoadOptions options_;
  std::string name_;
};

// Of the recording, without what its profile grants by hand. A profile that is not there
// or does not load grants nothing.
[[nodiscard]] Result<std::size_t> count_suspicious(const Output& out,
                                                   const learn::Recording& recording);

}  // namespace glacis::cli
