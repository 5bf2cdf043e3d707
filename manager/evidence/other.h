// SPDX-License-Identifier: Apache-2.0
// Lines of the log for what another layer of the kernel refused: a seccomp filter, or
// AppArmor. They are events like any other (glacis.event/1), but of no ring: they have
// neither "ring" nor "seq", and are named by their number in the chain. Members of their own:
//   audit    {"serial"} of the kernel's audit record
//   subject  "ended": true where the process was gone when it was looked for, so that
//            nobody knows its domain; "exe_now" where it runs another program since
//   rule     "certain": false where another filter, or other arguments, can be the cause
//   repeats  {"count", "last"}: this line stands for so many more of its kind
// Verdicts: `denied` where it is the profile's own doing, `would_deny` and `observed`
// where it only would have been, `denied_by_other` where it is another's, or nobody knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manager/audit/record.h"
#include "manager/evidence/maps.h"
#include "manager/evidence/process.h"
#include "manager/evidence/record.h"

namespace glacis::evidence {

// What was found out beside the kernel's record.
struct Other {
  audit::Record record;
  std::string verdict;
  std::optional<std::string> domain;  // name
  std::optional<InForce> in_force;    // where BPF enforces
  bool ended = false;
  std::uint64_t start = 0;  // of the process, in clock ticks; 0: not known
  Untrusted exe_now;

  // Of a call.
  std::string abi;
  std::optional<std::string> call;
  std::uint32_t rule = 0;
  std::string reason;  // rule, default, baseline, other, unknown
  bool certain = true;
  int error = 0;  // EPERM; 0: not known, or none
};

// Further ones, and when the last of them was (nanoseconds since 1970).
struct Further {
  std::uint64_t count = 0;
  std::int64_t last = 0;
};

[[nodiscard]] std::string other_line(const Other& other, const Further& further,
                                     const Context& context, SourceMaps& maps,
                                     Processes* processes);

// What is alike, and told once for all.
[[nodiscard]] std::string kind_of(const Other& other);

// Refusals by others that are not in the log: "socket", where nobody knows how many, or
// "room".
[[nodiscard]] std::string missed_line(std::string_view reason, std::optional<std::uint64_t> count,
                                      const Context& context);

}  // namespace glacis::evidence
