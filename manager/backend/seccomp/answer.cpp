// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/answer.h"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

namespace glacis::seccomp {
namespace {

constexpr std::int64_t x32_bit = 0x40000000;

bool is_x32(std::uint32_t arch, std::int64_t number) {
  return arch == SCMP_ARCH_X86_64 && (number & x32_bit) != 0;
}

std::string abi_name(std::uint32_t arch) {
  switch (arch) {
    case SCMP_ARCH_X86_64:
      return "x86_64";
    case SCMP_ARCH_X86:
      return "i386";
    case SCMP_ARCH_AARCH64:
      return "aarch64";
    case SCMP_ARCH_ARM:
      return "arm";
    default:
      return fmt::format("{:#x}", arch);
  }
}

// The rule that all clauses are of, if they are of one; the baseline is 0.
void settle(const std::vector<Clause>& clauses, Answer& out) {
  if (clauses.empty()) return;
  out.is = Answer::Is::sometimes;
  const std::uint32_t first = clauses.front().rule;
  if (!std::ranges::all_of(clauses, [&](const Clause& one) { return one.rule == first; })) return;
  out.rule = first;
  out.baseline = first == 0;
}

// What refuses: a rule without conditions, the want of one, or conditions.
Answer refused(const Call& call) {
  Answer out;
  out.error = EPERM;
  if (call.otherwise != SyscallAction::deny) {
    settle(call.refusals, out);
  } else {
    out.rule = call.rule;
    out.is = call.grants.empty() ? Answer::Is::always : Answer::Is::sometimes;
    if (!call.refusals.empty()) out.rule = 0;
  }
  if (out.is == Answer::Is::always && !call.kills.empty()) out.is = Answer::Is::sometimes;
  return out;
}

Answer killed(const Call& call) {
  Answer out;
  if (call.otherwise == SyscallAction::kill)
    out = {Answer::Is::always, call.rule, false, 0};
  else
    settle(call.kills, out);
  return out;
}

// In modes audit and observe: whichever of the two it would have been.
Answer logged(const Call& call) {
  Answer out = killed(call);
  if (out.is == Answer::Is::no) out = refused(call);
  out.error = 0;
  return out;
}

}  // namespace

CallName name_of(std::uint32_t arch, std::int64_t number) {
  const bool x32 = is_x32(arch, number);
  CallName out{x32 ? "x32" : abi_name(arch), {}};
  if (number < 0 || number > INT_MAX) return out;
  const std::unique_ptr<char, decltype(&std::free)> name(
      ::seccomp_syscall_resolve_num_arch(x32 ? SCMP_ARCH_X32 : arch, static_cast<int>(number)),
      &std::free);
  if (name) out.call = name.get();
  return out;
}

Answer answer_of(const Policy& policy, const Machine& machine, std::uint32_t arch,
                 std::int64_t number, std::uint32_t code) {
  const bool kills = code == SECCOMP_RET_KILL_PROCESS, logs = code == SECCOMP_RET_LOG;
  if (!kills && !logs && code != SECCOMP_RET_ERRNO) return {};
  const bool compat = machine.compat && arch == *machine.compat && policy.compat;
  if (is_x32(arch, number) || (arch != machine.native && !compat))
    return kills ? Answer{} : Answer{Answer::Is::always, 0, true, logs ? 0 : EPERM};
  const auto name = name_of(arch, number).call;
  const Call* call = name ? policy.find(*name) : nullptr;
  if (call == nullptr)
    return !policy.list || kills ? Answer{}
                                 : Answer{Answer::Is::always, 0, false, logs ? 0 : ENOSYS};
  if (kills) return killed(*call);
  return logs ? logged(*call) : refused(*call);
}

}  // namespace glacis::seccomp
