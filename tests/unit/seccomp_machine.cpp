// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/seccomp_machine.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace glacis::seccomp {
namespace {

[[noreturn]] void refuse(const sock_filter& at) {
  std::fprintf(stderr, "the kernel would refuse instruction %#x\n", at.code);
  std::abort();
}

std::uint32_t word(const seccomp_data& data, std::uint32_t offset, const sock_filter& at) {
  if (offset % 4 != 0 || offset + 4 > sizeof data) refuse(at);
  std::uint32_t out = 0;
  std::memcpy(&out, reinterpret_cast<const char*>(&data) + offset, sizeof out);
  return out;
}

bool jumps(const sock_filter& at, std::uint32_t a, std::uint32_t x) {
  const std::uint32_t with = BPF_SRC(at.code) == BPF_X ? x : at.k;
  switch (BPF_OP(at.code)) {
    case BPF_JEQ:
      return a == with;
    case BPF_JGT:
      return a > with;
    case BPF_JGE:
      return a >= with;
    case BPF_JSET:
      return (a & with) != 0;
    default:
      refuse(at);
  }
}

// kernel/seccomp.c: the lower, as a signed number, is the stricter.
std::int32_t strictness(std::uint32_t answer) {
  return static_cast<std::int32_t>(answer & SECCOMP_RET_ACTION_FULL);
}

}  // namespace

std::uint32_t run_program(std::span<const sock_filter> code, const seccomp_data& data) {
  std::uint32_t a = 0, x = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory{};
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    const sock_filter& at = code[pc];
    switch (at.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        a = word(data, at.k, at);
        break;
      case BPF_LD | BPF_MEM:
        a = memory.at(at.k);
        break;
      case BPF_ST:
        memory.at(at.k) = a;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= at.k;
        break;
      case BPF_JMP | BPF_JA:
        pc += at.k;
        break;
      case BPF_RET | BPF_K:
        return at.k;
      default:
        if (BPF_CLASS(at.code) != BPF_JMP) refuse(at);
        pc += jumps(at, a, x) ? at.jt : at.jf;
    }
  }
  std::fprintf(stderr, "a program without an end\n");
  std::abort();
}

std::uint32_t run_stack(std::span<const Program> programs, const seccomp_data& data) {
  std::uint32_t out = SECCOMP_RET_ALLOW;
  for (std::size_t i = programs.size(); i-- > 0;) {
    const std::uint32_t answer = run_program(programs[i].code, data);
    if (strictness(answer) < strictness(out)) out = answer;
  }
  return out;
}

}  // namespace glacis::seccomp
