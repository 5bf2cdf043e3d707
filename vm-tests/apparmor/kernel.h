// SPDX-License-Identifier: Apache-2.0
// What the kernel's AppArmor answers of a profile that it has loaded: the label
// query that libapparmor's aa_query_label() writes, without its search for the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manager/base/fd.h"
#include "manager/base/result.h"

namespace glacis::oracle {

// Bits of an answer (security/apparmor/include/perms.h).
enum Bit : std::uint32_t {
  kExec = 0x1,
  kWrite = 0x2,
  kRead = 0x4,
  kAppend = 0x8,
  kCreate = 0x10,
  kDelete = 0x20,
  kChmod = 0x1000,
  kChown = 0x2000,
  kLock = 0x8000,
  kMap = 0x10000,
  kLink = 0x40000,
};

// Classes of a query; what follows the class is its own.
inline constexpr char kCapability = 1;
inline constexpr char kFile = 2;      // the path, a directory's with a slash at its end
inline constexpr char kNetwork = 14;  // family and type, 16 bits each, high byte first

class Kernel {
 public:
  [[nodiscard]] static Result<Kernel> open(std::string space);

  // What is allowed and not denied; nothing where the kernel has no such profile.
  // A file is taken to be owned by root: who asks, by fsuid, is its owner or not.
  [[nodiscard]] std::optional<std::uint32_t> ask(std::string_view profile, char kind,
                                                 std::string_view what) const;

 private:
  Kernel(Fd fd, std::string space) : fd_(std::move(fd)), space_(std::move(space)) {}
  Fd fd_;
  std::string space_;
};

}  // namespace glacis::oracle
