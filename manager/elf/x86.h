// SPDX-License-Identifier: Apache-2.0
// One instruction of x86-64 at a time: how long it is, where it leads, and which
// of the sixteen general registers it may write. What it computes is told only of
// the few forms that put a constant into a register. A register that is named
// too often costs precision; one that is missing would be a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace glacis::elf::x86 {

// As instructions number them.
enum Register : std::uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11 };
inline constexpr std::size_t registers = 16;
inline constexpr std::uint8_t none = 0xff;

enum class Kind : std::uint8_t {
  other,
  constant,        // to = value
  copy,            // to = from
  select,          // to = to or from
  address,         // to = the address `target`
  push_constant,   // value
  store_constant,  // value, into memory
  push,            // from
  pop,             // to
  call,            // target
  jump,            // target
  branch,          // target, or on
  call_indirect,
  jump_indirect,
  ret,
  trap,  // ud2, hlt, int3: not beyond
  nop,
  syscall,
  legacy_syscall,  // int 0x80, sysenter
};

struct Instruction {
  std::uint8_t length = 0;  // 0: these bytes are none
  Kind kind = Kind::other;
  std::uint8_t to = none, from = none;
  bool memory = false;        // it has `target` as the address of its operand in memory
  std::uint16_t written = 0;  // bits 1 << register
  std::uint64_t value = 0;
  std::uint64_t target = 0;
};

// `at` is the address of the first byte.
[[nodiscard]] Instruction decode(std::span<const std::uint8_t> bytes, std::uint64_t at);

}  // namespace glacis::elf::x86
