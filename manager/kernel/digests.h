// SPDX-License-Identifier: Apache-2.0
// Files that may become code only with the content that a profile names, as the programs
// look them up (map `digests`). Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lsm/abi/digest.h"
#include "lsm/abi/image.h"
#include "manager/base/digests.h"
#include "manager/kernel/enforcer.h"
#include "manager/kernel/state.h"

namespace glacis::kernel {

// Of an image that has been checked.
std::vector<FileDigest> digests_in(std::span<const std::byte> image);

using KnownFile = std::pair<gl_file_key, gl_file_state>;

struct DigestPlan {
  std::vector<KnownFile> wanted;
  std::vector<std::string> unmatched;  // which files are not as the profile names them, and why
  std::vector<KnownFile> added;        // those that were not there, or were otherwise
  std::vector<KnownFile> before;       // what was there in place of these
};

// Hashes the files, in the caller's root. Changes nothing. A file that is absent or has
// another content is no error: it is refused as code.
Result<DigestPlan> plan_digests(std::uint32_t domain, const std::vector<FileDigest>& digests);

// Before the image is in force: all of them or nothing.
Status add_digests(const Enforcer::State& s, DigestPlan& plan);
// Where a later step of the load failed.
void take_back_digests(const Enforcer::State& s, const DigestPlan& plan);
// After that: what the domain no longer wants is taken away.
Status settle_digests(const Enforcer::State& s, std::uint32_t domain, const DigestPlan& plan);

}  // namespace glacis::kernel
