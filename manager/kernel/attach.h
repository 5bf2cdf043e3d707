// SPDX-License-Identifier: Apache-2.0
// Who enters which domain by itself, as the programs look it up (map
// `attachments`). Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lsm/abi/attach.h"
#include "lsm/abi/image.h"
#include "manager/base/attach.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {

// Of an image that has been checked.
Attachments attachments_in(std::span<const std::byte> image);

struct Entry {
  gl_attach_key key{};
  gl_attachment value{};
};

// The entries of a domain: those that it shall have, and all that there are. What is added
// is among the latter then.
struct AttachPlan {
  std::vector<Entry> wanted;
  std::vector<Entry> known;
};

// Changes nothing. An error names the profile that attaches the same, or a user
// whom the host does not have.
Result<AttachPlan> plan_attachments(const Enforcer::State& s, const std::string& name,
                                    std::uint32_t domain, const Attachments& attach);

// Before the image is in force: what it wants and has not is added, all of it or nothing.
// A domain that is not live is entered by nobody who finds it.
Status add_attachments(const Enforcer::State& s, std::uint32_t domain, AttachPlan& plan);

// After that: what the domain no longer wants is taken away, and from now on the programs
// look for what there is.
Status settle_attachments(const Enforcer::State& s, std::uint32_t domain, const AttachPlan& plan);

}  // namespace glacis::kernel
