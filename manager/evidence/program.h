// SPDX-License-Identifier: Apache-2.0
// The executable of a process, by what tells its bytes from others: a digest and the
// linker's build id. Read when a refusal is recorded, not within it. A file may lie on a
// filesystem that answers late or never, so another thread reads it; what comes too late
// for one record is known for the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

namespace glacis::evidence {

// {"exe", "sha256", "build_id"} of a folder of /proc, each null where it can't be read, or
// not within `patience`. "exe" is a name in the process's own root, escaped; null where it
// is longer than 1,024 bytes.
[[nodiscard]] nlohmann::ordered_json program_json(int folder, std::chrono::nanoseconds patience);

// The NT_GNU_BUILD_ID of a 64-bit ELF file, by the first bytes of it: hexadecimal; none
// where they hold none. The bytes may be anybody's.
[[nodiscard]] std::optional<std::string> build_id(std::span<const std::uint8_t> beginning);

// Files that are larger have no digest.
inline constexpr std::uint64_t largest_program = std::uint64_t{256} << 20;

}  // namespace glacis::evidence
