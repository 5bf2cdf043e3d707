// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/syscalls.h"

#include <seccomp.h>

#include <cstdlib>
#include <vector>

#include "manager/profile/fields.h"

namespace glacis::profile {
namespace {

// One past the highest number that libseccomp could know for this machine.
constexpr int numbers_end = 1024;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (int number = 0; number < numbers_end; ++number) {
      char* name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
      if (name != nullptr) out.emplace_back(name);
      std::free(name);
    }
    return out;
  }();
  return all;
}

}  // namespace

bool is_syscall(const std::string& name) {
  return name.find('\0') == std::string::npos &&
         ::seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

std::string similar_syscall(std::string_view name) {
  std::vector<std::string_view> words(names().begin(), names().end());
  return did_you_mean(name, words);
}

}  // namespace glacis::profile
