// SPDX-License-Identifier: Apache-2.0
#include "manager/backend/seccomp/arguments.h"

#include <linux/seccomp.h>

#include <bit>
#include <cstddef>

namespace glacis::seccomp {
namespace {

using profile::SyscallOp;

static_assert(std::endian::native == std::endian::little, "the lower half comes first");

constexpr std::uint64_t low_half = 0xffffffff;
constexpr std::uint32_t half_size = 4;

// Code with labels. A conditional jump reaches 255 instructions only, so each is
// followed by two jumps that reach any; all go forward, as the kernel demands.
class Code {
 public:
  using Label = std::size_t;

  Label label() {
    places_.push_back(0);
    return places_.size() - 1;
  }
  void put(Label label) { places_[label] = code_.size(); }

  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void mask(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void answer(std::uint32_t value) { add(BPF_RET | BPF_K, value); }
  void jump(Label to) {
    jumps_.push_back({code_.size(), to});
    add(BPF_JMP | BPF_JA, 0);
  }
  // `op`: BPF_JEQ, BPF_JGT or BPF_JGE.
  void branch(std::uint16_t op, std::uint32_t value, Label yes, Label no) {
    code_.push_back({static_cast<std::uint16_t>(BPF_JMP | op | BPF_K), 0, 1, value});
    jump(yes);
    jump(no);
  }

  std::vector<sock_filter> finish() && {
    for (const auto& [at, to] : jumps_)
      code_[at].k = static_cast<std::uint32_t>(places_[to] - at - 1);
    return std::move(code_);
  }

 private:
  struct Jump {
    std::size_t at;
    Label to;
  };

  void add(int code, std::uint32_t k) {
    code_.push_back({static_cast<std::uint16_t>(code), 0, 0, k});
  }

  std::vector<sock_filter> code_;
  std::vector<std::size_t> places_;
  std::vector<Jump> jumps_;
};

struct Value {
  std::uint32_t low, high;
};

Value split(std::uint64_t value) {
  return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
}

class Writer {
 public:
  explicit Writer(const Answers& answers) : answers_(answers) {}

  void abi(const Policy& policy, const Abi& abi) {
    narrow_ = abi.narrow;
    const auto block = code_.label(), end = code_.label();
    code_.load(offsetof(seccomp_data, arch));
    code_.branch(BPF_JEQ, abi.arch, block, end);
    code_.put(block);
    code_.load(offsetof(seccomp_data, nr));
    for (const Call& call : policy.calls)
      if (const int number = abi.number(call.name); !call.plain() && number >= 0)
        this->call(call, static_cast<std::uint32_t>(number));
    code_.answer(SECCOMP_RET_ALLOW);
    code_.put(end);
  }

  std::vector<sock_filter> finish() && {
    code_.answer(SECCOMP_RET_ALLOW);
    return std::move(code_).finish();
  }

 private:
  using Label = Code::Label;

  // Enters and leaves with the number loaded, unless the call is this one.
  void call(const Call& call, std::uint32_t number) {
    const auto body = code_.label(), next = code_.label();
    code_.branch(BPF_JEQ, number, body, next);
    code_.put(body);
    for (const Clause& clause : call.kills) this->clause(clause, true, answers_.kill);
    for (const Clause& clause : call.refusals) this->clause(clause, true, answers_.refuse);
    for (const Clause& clause : call.grants) this->clause(clause, false, SECCOMP_RET_ALLOW);
    code_.answer(call.grants.empty() ? SECCOMP_RET_ALLOW : answers_.refuse);
    code_.put(next);
  }

  void clause(const Clause& clause, bool refusal, std::uint32_t answer) {
    const auto other = code_.label();
    for (const SyscallArg& arg : clause.args) {
      const auto holds = code_.label();
      test(arg, refusal, holds, other);
      code_.put(holds);
    }
    code_.answer(answer);
    code_.put(other);
  }

  static std::uint32_t low_of(unsigned index) {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 2 * half_size * index;
  }

  void test(const SyscallArg& arg, bool refusal, Label yes, Label no) {
    const Value value = split(arg.value);
    switch (arg.op) {
      case SyscallOp::eq:
        // A refusal looks at what the kernel may use of the register.
        equal(arg.index, value, split(refusal && arg.value <= low_half ? low_half : ~0ull), yes,
              no);
        break;
      case SyscallOp::masked_eq:
        equal(arg.index, value, split(arg.mask), yes, no);
        break;
      case SyscallOp::ne:
        equal(arg.index, value, split(~0ull), no, yes);
        break;
      case SyscallOp::gt:
        above(arg.index, value, BPF_JGT, yes, no);
        break;
      case SyscallOp::ge:
        above(arg.index, value, BPF_JGE, yes, no);
        break;
      case SyscallOp::lt:
        above(arg.index, value, BPF_JGE, no, yes);
        break;
      case SyscallOp::le:
        above(arg.index, value, BPF_JGT, no, yes);
        break;
    }
  }

  void equal(unsigned index, const Value& value, const Value& mask, Label yes, Label no) {
    const auto lower = code_.label();
    if (!narrow_ && mask.high != 0) {
      code_.load(low_of(index) + half_size);
      if (mask.high != ~0u) code_.mask(mask.high);
      code_.branch(BPF_JEQ, value.high, lower, no);
      code_.put(lower);
    }
    code_.load(low_of(index));
    if (mask.low != ~0u) code_.mask(mask.low);
    code_.branch(BPF_JEQ, value.low, yes, no);
  }

  // `op` is for the lower half; the upper decides where it differs.
  void above(unsigned index, const Value& value, std::uint16_t op, Label yes, Label no) {
    if (!narrow_) {
      const auto not_more = code_.label(), same = code_.label();
      code_.load(low_of(index) + half_size);
      code_.branch(BPF_JGT, value.high, yes, not_more);
      code_.put(not_more);
      code_.branch(BPF_JEQ, value.high, same, no);
      code_.put(same);
    }
    code_.load(low_of(index));
    code_.branch(op, value.low, yes, no);
  }

  Answers answers_;
  Code code_;
  bool narrow_ = false;
};

}  // namespace

std::vector<sock_filter> arguments_program(const Policy& policy, std::span<const Abi> abis,
                                           const Answers& answers) {
  bool any = false;
  for (const Call& call : policy.calls) any = any || !call.plain();
  if (!any) return {};
  Writer writer(answers);
  for (const Abi& abi : abis) writer.abi(policy, abi);
  return std::move(writer).finish();
}

}  // namespace glacis::seccomp
