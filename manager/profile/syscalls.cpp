// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/syscalls.h"

#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "manager/profile/fields.h"
#include "manager/profile/parse.h"
#include "manager/profile/syscall_groups.h"

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

struct Groups {
  std::string kernel;
  std::vector<SyscallGroup> all;
};

SyscallGroup read_group(const Node& table) {
  SyscallGroup out;
  if (const Entry* name = table.find("name")) out.name = name->value.text;
  if (const Entry* text = table.find("text")) out.text = text->value.text;
  if (const Entry* calls = table.find("calls"))
    for (const Node& call : calls->value.items) out.calls.push_back(call.text);
  std::ranges::sort(out.calls);
  return out;
}

// The text is a part of this program: a fault in it is one of ours.
const Groups& groups() {
  static const Groups read = [] {
    diag::SourceSet sources;
    diag::Diagnostics diagnostics;
    const auto file = sources.add("groups.toml", std::string(syscall_groups_text()));
    const auto tree = parse(sources, file, diagnostics);
    if (!tree) std::abort();
    Groups out;
    if (const Entry* kernel = tree->find("kernel")) out.kernel = kernel->value.text;
    if (const Entry* all = tree->find("group"))
      for (const Node& table : all->value.items) out.all.push_back(read_group(table));
    return out;
  }();
  return read;
}

}  // namespace

std::span<const SyscallGroup> syscall_groups() { return groups().all; }

const std::string& syscall_groups_kernel() { return groups().kernel; }

const SyscallGroup* find_syscall_group(std::string_view name) {
  const auto found = std::ranges::find(groups().all, name, &SyscallGroup::name);
  return found == groups().all.end() ? nullptr : &*found;
}

bool is_syscall(const std::string& name) {
  return name.find('\0') == std::string::npos &&
         ::seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

std::string similar_syscall(std::string_view name) {
  std::vector<std::string_view> words(names().begin(), names().end());
  return did_you_mean(name, words);
}

}  // namespace glacis::profile
