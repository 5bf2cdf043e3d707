// SPDX-License-Identifier: Apache-2.0
// What the kernel's AppArmor answers of a profile that it has loaded: the label
// query that libapparmor's aa_query_label() writes, without its search for the file.
// An emulated guest is slow, so questions can be written down elsewhere, answered
// there, and gone through once more: the same seed asks the same.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
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
  kSubset = kLock,  // of a pair, where it is the other meaning of that bit
};

// Classes of a query; what follows the class is its own.
inline constexpr char kCapability = 1;
inline constexpr char kFile = 2;       // the path, a directory's with a slash at its end; of a link
                                       // its name, a zero and what it links to
inline constexpr char kNetwork = 14;   // family and type, 16 bits each, high byte first
inline constexpr char kAttempt = 127;  // no class of theirs: a capability, by doing it

class Kernel {
 public:
  [[nodiscard]] static Result<Kernel> open(std::string space);
  // Writes questions to a file, and answers all with no.
  [[nodiscard]] static Result<Kernel> recorder(std::string space, const std::string& file);
  // Takes the answers from a file.
  [[nodiscard]] static Result<Kernel> replay(std::string space, const std::string& file);

  // What is allowed and not denied; nothing where the kernel has no such profile.
  // A file is taken to be owned by root: who asks, by fsuid, is its owner or not.
  [[nodiscard]] std::optional<std::uint32_t> ask(std::string_view profile, char kind,
                                                 std::string_view what, bool owner = true) const;
  // Of a file of questions, to a file.
  [[nodiscard]] Status answer(const std::string& questions, const std::string& answers) const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  [[nodiscard]] static Result<File> file(const std::string& name, const char* mode);
  [[nodiscard]] std::optional<std::uint32_t> put(std::string_view query, bool owner) const;

  Fd fd_;
  std::string space_;
  File questions_, answers_;
};

}  // namespace glacis::oracle
