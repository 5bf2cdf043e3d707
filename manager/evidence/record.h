// SPDX-License-Identifier: Apache-2.0
// Events as lines of the evidence log. Every line is one JSON object whose first
// member, "schema", says what it is:
//   glacis.event/1      a refusal (or, in audit and observe, what would be one)
//   glacis.gap/1        sequence numbers from..to that no line has
//   glacis.undecoded/1  a record of the kernel that could not be understood
//   glacis.torn/1       the line before was cut off when the machine stopped
// Keys never change their meaning; keys may be added.
//
// Strings that a process chose (comm, exe, path) are escaped before they enter
// JSON, as in C: \\ is a backslash; \n \t \r; \xNN is a byte that is a control
// character or no UTF-8; \uNNNN and \UNNNNNNNN are characters that are invisible
// or turn the direction of text. Read back in this way they are the very bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "manager/evidence/decode.h"
#include "manager/evidence/maps.h"

namespace glacis::evidence {

inline constexpr std::string_view event_schema = "glacis.event/1";
inline constexpr std::string_view gap_schema = "glacis.gap/1";
inline constexpr std::string_view undecoded_schema = "glacis.undecoded/1";
inline constexpr std::string_view torn_schema = "glacis.torn/1";

// Sequence numbers count within one ring of one boot.
struct Origin {
  std::string boot;
  std::uint32_t ring = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

// What an event does not say itself.
struct Context {
  Origin origin;
  std::string host;
  std::int64_t clock_offset = 0;                 // nanoseconds from CLOCK_BOOTTIME to 1970
  std::int64_t now = 0;                          // nanoseconds since 1970
  std::map<std::uint32_t, std::string> domains;  // names of the live ones, by id
};

// Boot, host and clocks of this machine, now.
[[nodiscard]] Context here(std::uint32_t ring);

struct Gap {
  std::uint64_t from = 0, to = 0;
  // false: written to a log that is not this one, since this log knows no
  // earlier record of the ring; true: the ring was full.
  bool lost = true;
};

// Each without its line end.
[[nodiscard]] std::string event_line(const Event& event, const Context& context, SourceMaps& maps);
[[nodiscard]] std::string gap_line(const Gap& gap, const Context& context);
[[nodiscard]] std::string undecoded_line(std::span<const std::byte> bytes, std::string_view why,
                                         const Context& context);
[[nodiscard]] std::string torn_line(std::uint64_t offset, std::uint64_t bytes, std::int64_t now);

}  // namespace glacis::evidence
