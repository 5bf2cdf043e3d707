// SPDX-License-Identifier: Apache-2.0
// Events as lines of the evidence log. Every line is one JSON object whose member
// "schema" says what it is:
//   glacis.event/1      a refusal (or, in audit and observe, what would be one)
//   glacis.count/1      how often a kind of refusal was met (counts.h)
//   glacis.gap/1        sequence numbers from..to that no line has
//   glacis.missed/1     refusals by other layers that are not in the log (other.h)
//   glacis.undecoded/1  a record of the kernel that could not be understood
//   glacis.torn/1       the line before was cut off when the machine stopped
//   glacis.header/1     the first of a file (header.h)
//   glacis.checkpoint/1 a signed note of how many records there are (note.h)
//   glacis.shortened/1  records that a checkpoint tells of were gone
//   glacis.restart/1    the machine, or enforcement, was started again
//   glacis.clock/1      the wall clock was set
//   glacis.change/1     an image was put in force, set to another mode, or ended
//   glacis.guard/1      what enforces was found broken, or was restored
//   glacis.heartbeat/1  which images are in force, by digest and mode
// Keys never change their meaning; keys may be added.
//
// Strings that a process chose (comm, exe, path) are escaped before they enter
// JSON, as in C: \\ is a backslash; \n \t \r; \xNN is a byte that is a control
// character or no UTF-8; \uNNNN and \UNNNNNNNN are characters that are invisible
// or turn the direction of text. Read back in this way they are the very bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/evidence/decode.h"
#include "manager/evidence/maps.h"
#include "manager/oci/containers.h"

namespace glacis::evidence {

inline constexpr std::string_view event_schema = "glacis.event/1";
inline constexpr std::string_view gap_schema = "glacis.gap/1";
inline constexpr std::string_view missed_schema = "glacis.missed/1";
inline constexpr std::string_view undecoded_schema = "glacis.undecoded/1";
inline constexpr std::string_view torn_schema = "glacis.torn/1";
inline constexpr std::string_view header_schema = "glacis.header/1";
inline constexpr std::string_view checkpoint_schema = "glacis.checkpoint/1";
inline constexpr std::string_view shortened_schema = "glacis.shortened/1";
inline constexpr std::string_view restart_schema = "glacis.restart/1";
inline constexpr std::string_view clock_schema = "glacis.clock/1";
inline constexpr std::string_view change_schema = "glacis.change/1";
inline constexpr std::string_view guard_schema = "glacis.guard/1";
inline constexpr std::string_view heartbeat_schema = "glacis.heartbeat/1";

// Sequence numbers count within one ring of one boot.
struct Origin {
  std::string boot;
  std::uint32_t ring = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

struct InForce {
  std::string domain;
  std::uint32_t id = 0, generation = 0, mode = 0;
  std::array<std::uint8_t, 32> digest{};
};

// What an event does not say itself.
struct Context {
  Origin origin;
  std::string host;
  std::int64_t clock_offset = 0;                 // nanoseconds from CLOCK_BOOTTIME to 1970
  std::int64_t now = 0;                          // nanoseconds since 1970
  std::map<std::uint32_t, std::string> domains;  // names of the live ones, by id
  std::vector<InForce> in_force;
  std::optional<oci::Containers> containers;  // that are known by their cgroups
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
// `hash`: of the bytes that were cut off.
[[nodiscard]] std::string torn_line(std::uint64_t offset, std::uint64_t bytes,
                                    std::string_view hash, std::int64_t now);

}  // namespace glacis::evidence
