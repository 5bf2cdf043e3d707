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

// The entries of a domain: those that it shall have, and all that there are.
struct AttachPlan {
  std::vector<Entry> wanted;
  std::vector<Entry> known;
};

// Changes nothing. An error names the profile that attaches the same, or a user
// whom the host does not have.
Result<AttachPlan> plan_attachments(const Enforcer::State& s, const std::string& name,
                                    std::uint32_t domain, const Attachments& attach);

// In force when this returns; what the domain no longer wants is taken away.
Status put_attachments(const Enforcer::State& s, std::uint32_t domain, const AttachPlan& plan);

}  // namespace glacis::kernel
