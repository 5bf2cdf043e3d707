// SPDX-License-Identifier: Apache-2.0
// What the commands that change or ask the running kernel have in common.
#pragma once

#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/cli/output.h"
#include "manager/cli/policy.h"
#include "manager/evidence/chain.h"
#include "manager/kernel/enforcer.h"

namespace glacis::cli {

// Exit::not_permitted for who is not root, before anything is done.
[[nodiscard]] Status need_root(std::string_view command);

// The enforcement of this host; an error where nothing is in force.
[[nodiscard]] Result<kernel::Enforcer> open_enforcer();

[[nodiscard]] Result<gl_mode> parse_mode(const std::string& word);
[[nodiscard]] Json domain_json(const kernel::Domain& domain);
// "program /usr/sbin/nginx, unit nginx.service", or nothing.
[[nodiscard]] std::string attach_text(const Attachments& attach);

[[nodiscard]] std::string guard_text(const kernel::Guard& guard);

// A policy that was checked and is to be put in force.
struct Ready {
  std::string name;
  gl_mode mode = GL_MODE_NONE;
  std::vector<std::byte> bytes;
  image::Digest digest{};
  image::SourceMap map;
  Attachments attach;
  profile::Layers backend = profile::Layers::automatic;
};

// Profiles and images; `mode` takes the place of the profile's.
[[nodiscard]] Result<Ready> prepare(const Output& out, const fs::path& file,
                                    const profile::LoadOptions& options,
                                    std::optional<gl_mode> mode);

// Saves image and source map under their digest, then puts the image in force.
[[nodiscard]] Result<kernel::Domain> put_in_force(kernel::Enforcer& enforcer, const Ready& ready);

// Of a domain that was just put in force: files that are not as its profile names them.
void tell_unmatched(const Output& out, const kernel::Domain& domain);

// Says in the evidence log that an image was "loaded", set to another "mode" or
// "unloaded". A failure is told and does not end the command.
void record_change(const Output& out, std::string_view what, const kernel::Domain& domain);
// The same where it must not be done without.
[[nodiscard]] Status try_record_change(std::string_view what, const kernel::Domain& domain,
                                       evidence::Canonical by);

// Who logged in, whatever user that has become since; the number, since names change.
[[nodiscard]] std::string login_user();

// Moves what the kernel recorded to the evidence log, while the names of its
// domains are still known. A failure is told and does not end the command.
void drain_evidence(const Output& out, kernel::Enforcer& enforcer);

}  // namespace glacis::cli
