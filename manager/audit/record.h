// SPDX-License-Identifier: Apache-2.0
// One record of the kernel's audit stream as values: what a seccomp filter or
// AppArmor refused, or would have. Text as in
//
//   audit(1764257983.123:456): auid=0 uid=0 gid=0 ses=1 pid=812 comm="sh" exe="/usr/bin/dash" sig=0
//   arch=c000003e syscall=101 compat=0 ip=0x7f12 code=0x50000
//
// Names are written by the kernel between quotes, or in hexadecimal where they hold
// a blank, a quote or a control character: so a process can't put a field of its own
// into a record. What is no such text is no record; nothing is guessed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "manager/base/escape.h"

namespace glacis::audit {

// As linux/audit.h numbers them.
inline constexpr std::uint16_t type_seccomp = 1326;
inline constexpr std::uint16_t type_lsm = 1400;
inline constexpr std::size_t longest_record = 8970;  // MAX_AUDIT_MESSAGE_LENGTH

struct Seccomp {
  std::uint32_t arch = 0;  // AUDIT_ARCH_*
  std::int64_t call = 0;   // its number there
  std::uint32_t code = 0;  // SECCOMP_RET_*, without the data
};

struct AppArmor {
  std::string answer;  // DENIED; ALLOWED in complain mode; others
  Untrusted operation, kind, profile, info;
  Untrusted name;              // of a file, mostly
  std::string asked, refused;  // masks
  Untrusted capability, family, peer;
};

struct Record {
  std::int64_t time = 0;     // nanoseconds since 1970, of a coarse clock
  std::uint64_t serial = 0;  // one for each event of a boot
  std::uint32_t pid = 0;     // of the process
  std::optional<std::uint32_t> uid, gid;
  Untrusted comm, exe;
  Untrusted label;  // of an LSM that has labels: AppArmor's profile
  std::variant<Seccomp, AppArmor> what;
};

// Nothing for other types, and for what is no such record.
[[nodiscard]] std::optional<Record> parse(std::uint16_t type, std::string_view text);

}  // namespace glacis::audit
