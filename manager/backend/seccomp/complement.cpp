// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/complement.h"

#include <algorithm>
#include <utility>

namespace glacis::seccomp {
namespace {

using profile::SyscallOp;

constexpr std::size_t most_conditions = 512;
constexpr std::uint64_t low_word = 0xffffffff;

// Each bit that is compared, the other way round: one of them is enough.
std::vector<SyscallArg> other_bits(const SyscallArg& arg) {
  std::vector<SyscallArg> out;
  for (std::uint64_t bit = 1; bit != 0; bit <<= 1)
    if (arg.mask & bit) out.push_back({arg.index, SyscallOp::masked_eq, ~arg.value & bit, bit});
  return out;
}

// Alternatives, of which one holds exactly where `arg` does not.
std::vector<SyscallArg> negated(const SyscallArg& arg) {
  switch (arg.op) {
    case SyscallOp::eq:
      return {{arg.index, SyscallOp::ne, arg.value, 0}};
    case SyscallOp::ne:
      return {{arg.index, SyscallOp::eq, arg.value, 0}};
    case SyscallOp::lt:
      return {{arg.index, SyscallOp::ge, arg.value, 0}};
    case SyscallOp::le:
      return {{arg.index, SyscallOp::gt, arg.value, 0}};
    case SyscallOp::gt:
      return {{arg.index, SyscallOp::le, arg.value, 0}};
    case SyscallOp::ge:
      return {{arg.index, SyscallOp::lt, arg.value, 0}};
    case SyscallOp::masked_eq:
      break;
  }
  return other_bits(arg);
}

enum class Joined { yes, never, no };  // never: they contradict each other

Joined join(SyscallArg& into, const SyscallArg& arg) {
  if (into == arg) return Joined::yes;
  if (into.op != SyscallOp::masked_eq || arg.op != SyscallOp::masked_eq) return Joined::no;
  if (((into.value ^ arg.value) & into.mask & arg.mask) != 0) return Joined::never;
  into.value |= arg.value;
  into.mask |= arg.mask;
  return Joined::yes;
}

Joined join(std::vector<SyscallArg>& into, const std::vector<SyscallArg>& args) {
  for (const SyscallArg& arg : args) {
    const auto same = std::ranges::find(into, arg.index, &SyscallArg::index);
    if (same == into.end()) {
      into.push_back(arg);
    } else if (const Joined done = join(*same, arg); done != Joined::yes) {
      return done;
    }
  }
  std::ranges::sort(into, {}, &SyscallArg::index);
  return Joined::yes;
}

}  // namespace

std::vector<SyscallArg> exact(const Clause& refusal) {
  std::vector<SyscallArg> out = refusal.args;
  for (SyscallArg& arg : out)
    if (arg.op == SyscallOp::eq && arg.value <= low_word)
      arg = {arg.index, SyscallOp::masked_eq, arg.value, low_word};
  return out;
}

std::optional<Conditions> both(const Conditions& first, const Conditions& second) {
  Conditions out;
  for (const auto& a : first) {
    for (const auto& b : second) {
      std::vector<SyscallArg> args = a;
      const Joined done = join(args, b);
      if (done == Joined::no) return std::nullopt;
      if (done == Joined::never || std::ranges::find(out, args) != out.end()) continue;
      out.push_back(std::move(args));
      if (out.size() > most_conditions) return std::nullopt;
    }
  }
  return out;
}

std::optional<Conditions> complement(const std::vector<Clause>& refusals) {
  Conditions out = {{}};
  for (const Clause& refusal : refusals) {
    Conditions not_this;
    for (const SyscallArg& arg : exact(refusal))
      for (const SyscallArg& other : negated(arg)) not_this.push_back({other});
    auto next = both(out, not_this);
    if (!next) return std::nullopt;
    out = std::move(*next);
  }
  return out;
}

}  // namespace glacis::seccomp
