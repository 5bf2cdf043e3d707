// SPDX-License-Identifier: Apache-2.0
// The numbers of an event as the words of records. A number that has no word is
// written as itself, so that nothing is hidden.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "manager/evidence/decode.h"
#include "manager/image/words.h"

namespace glacis::evidence {

[[nodiscard]] std::string word(std::span<const image::Word> words, std::uint32_t value);

[[nodiscard]] std::string mode_name(std::uint32_t mode);      // enforce
[[nodiscard]] std::string verdict_name(const Event& event);   // denied, would_deny, observed
[[nodiscard]] std::string reason_name(std::uint32_t reason);  // default
[[nodiscard]] std::string errno_name(int error);              // of -13: EACCES
[[nodiscard]] std::string family_name(std::uint32_t family);  // inet
[[nodiscard]] std::string type_name(std::uint32_t type);      // stream

// The accesses refused, as "file.write" or "capability.sys_admin".
[[nodiscard]] std::vector<std::string> blockers(const Event& event);
// The words of a set of bits; a bit without a word is "bit9".
[[nodiscard]] std::vector<std::string> bit_names(std::span<const image::Word> words,
                                                 std::uint64_t bits);
[[nodiscard]] std::vector<std::string> capability_names(std::uint64_t set);

[[nodiscard]] std::string address_text(const Object& object);  // 192.0.2.1, 2001:db8::1
[[nodiscard]] std::string device_text(std::uint32_t dev);      // 8:1
// Nanoseconds since 1970 as RFC 3339 in UTC, to the microsecond.
[[nodiscard]] std::string time_text(std::int64_t nanoseconds);

}  // namespace glacis::evidence
