// SPDX-License-Identifier: Apache-2.0
// Of the map of opcodes behind 0f, and its vector forms: what follows, and which
// general register of ModRM is written.
#pragma once

namespace glacis::elf::x86 {

constexpr bool within(unsigned value, unsigned first, unsigned last) {
  return value >= first && value <= last;
}

constexpr bool without_operand(unsigned opcode) {
  return within(opcode, 0x04, 0x0c) || opcode == 0x0e || opcode == 0x77 || opcode == 0xa0 ||
         opcode == 0xa1 || within(opcode, 0xa8, 0xaa);
}

// Of the vector instructions, in each of their encodings.
constexpr bool has_byte(unsigned opcode) {
  return within(opcode, 0x70, 0x73) || opcode == 0xc2 || within(opcode, 0xc4, 0xc6);
}

constexpr bool writes_reg(unsigned opcode) {
  return opcode == 0x02 || opcode == 0x03 || opcode == 0x2c || opcode == 0x2d || opcode == 0x50 ||
         opcode == 0xaf || opcode == 0xb2 || within(opcode, 0xb4, 0xb8) ||
         within(opcode, 0xbc, 0xbf) || opcode == 0xc5 || opcode == 0xd7;
}

constexpr bool writes_rm(unsigned opcode) {
  return opcode == 0x00 || within(opcode, 0x20, 0x23) || opcode == 0x7e ||
         within(opcode, 0xa4, 0xa5) || within(opcode, 0xab, 0xae) || opcode == 0xb3 ||
         opcode == 0xba || opcode == 0xbb || opcode == 0x78 || opcode == 0x79;
}

}  // namespace glacis::elf::x86
