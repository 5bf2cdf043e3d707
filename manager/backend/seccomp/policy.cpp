// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/policy.h"

#include <linux/falloc.h>
#include <sys/personality.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "manager/image/syscalls.h"
#include "manager/profile/syscalls.h"

namespace glacis::seccomp {
namespace {

using profile::SyscallOp;

constexpr std::uint64_t rwf_noappend = 0x20;
constexpr std::uint64_t holes =
    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE;

SyscallArg masked(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {index, SyscallOp::masked_eq, value, mask};
}

// Any of the bits set.
std::vector<Clause> any_bit(unsigned index, std::uint64_t bits) {
  std::vector<Clause> out;
  for (std::uint64_t bit = 1; bit != 0 && bit <= bits; bit <<= 1)
    if (bits & bit) out.push_back({{masked(index, bit, bit)}, 0});
  return out;
}

// READ_IMPLIES_EXEC, but not the question personality(0xffffffff): the bit is set
// and some other is not. One comparison an argument is all that a filter has.
std::vector<Clause> read_implies_exec() {
  std::vector<Clause> out;
  for (unsigned bit = 0; bit < 32; ++bit)
    if (const std::uint64_t other = 1ull << bit; other != READ_IMPLIES_EXEC)
      out.push_back({{masked(0, READ_IMPLIES_EXEC | other, READ_IMPLIES_EXEC)}, 0});
  return out;
}

bool only_appends(const image::ImageView& image) {
  return std::ranges::any_of(image.accepts(), [](const gl_accept& accept) {
    const std::uint32_t granted = accept.allow | accept.allow_self | accept.allow_root;
    return (granted & GL_FILE_APPEND) != 0 && (granted & GL_FILE_WRITE) == 0;
  });
}

class Maker {
 public:
  explicit Maker(const image::ImageView& image) : image_(image) {
    const image::Syscalls said = image::syscalls_of(image);
    policy_.list = std::ranges::any_of(said.lines, [](const image::SyscallLine& line) {
      return line.body.action == SyscallAction::allow;
    });
    policy_.compat = !policy_.list || said.compat;
    if (policy_.list) start_list();
    for (const auto action : {SyscallAction::allow, SyscallAction::deny, SyscallAction::kill})
      for (const image::SyscallLine& line : said.lines)
        if (line.body.action == action) add(line);
  }

  Policy run() && {
    baseline();
    for (auto& [name, call] : calls_) {
      // What can't be reached any more.
      if (call.otherwise != SyscallAction::deny || unconditional(call)) call.grants.clear();
      if (call.otherwise == SyscallAction::deny && call.grants.empty()) call.refusals.clear();
      if (call.otherwise == SyscallAction::kill) call.refusals.clear(), call.kills.clear();
      if (policy_.list || !call.plain() || call.otherwise != SyscallAction::allow)
        policy_.calls.push_back(std::move(call));
    }
    return std::move(policy_);
  }

 private:
  Call& at(std::string_view name) {
    const auto found = calls_.find(name);
    if (found != calls_.end()) return found->second;
    Call call;
    call.name = name;
    if (policy_.list) call.otherwise = SyscallAction::deny;
    return calls_.emplace(call.name, std::move(call)).first->second;
  }

  // Every known call is refused until a rule grants it.
  void start_list() {
    for (const profile::SyscallGroup& group : profile::syscall_groups())
      for (const std::string& name : group.calls) at(name);
    for (const std::string_view name : always_allowed) at(name).otherwise = SyscallAction::allow;
  }

  // In order of strength; a rule without conditions settles what the call does
  // where no stronger one has something to say.
  void add(const image::SyscallLine& line) {
    for (const std::string& name : line.body.calls) {
      Call& call = at(name);
      if (!line.body.args.empty()) {
        clauses(call, line.body.action).push_back({line.body.args, line.rule});
      } else if (call.rule == 0 || call.otherwise != line.body.action) {
        call.otherwise = line.body.action;
        call.rule = line.rule;
        if (line.body.action == SyscallAction::deny) call.grants.clear();
      }
    }
  }

  static std::vector<Clause>& clauses(Call& call, SyscallAction action) {
    switch (action) {
      case SyscallAction::allow:
        return call.grants;
      case SyscallAction::deny:
        return call.refusals;
      case SyscallAction::kill:
        break;
    }
    return call.kills;
  }

  // Refused by a rule and not for want of one.
  static bool unconditional(const Call& call) { return call.rule != 0; }

  void refuse(std::string_view name, std::vector<Clause> when) {
    Call& call = at(name);
    call.refusals.insert(call.refusals.end(), when.begin(), when.end());
  }

  void baseline() {
    if ((image_.header().memory & GL_MEMORY_EXEC_HEAP) == 0)
      refuse("personality", read_implies_exec());
    if (!only_appends(image_)) return;
    refuse("pwritev2", any_bit(5, rwf_noappend));
    refuse("fallocate", any_bit(1, holes));
    Call& submit = at("io_submit");
    if (submit.otherwise == SyscallAction::allow) submit.rule = 0;
    if (submit.otherwise != SyscallAction::kill) submit.otherwise = SyscallAction::deny;
    submit.grants.clear();
  }

  const image::ImageView& image_;
  Policy policy_;
  std::map<std::string, Call, std::less<>> calls_;
};

}  // namespace

const Call* Policy::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(calls, name, {}, &Call::name);
  return found != calls.end() && found->name == name ? &*found : nullptr;
}

Policy policy_of(const image::ImageView& image) { return Maker(image).run(); }

}  // namespace glacis::seccomp
