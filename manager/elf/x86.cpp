// SPDX-License-Identifier: Apache-2.0
#include "manager/elf/x86.h"

#include <algorithm>
#include <initializer_list>

#include "manager/elf/x86_tables.h"

namespace glacis::elf::x86 {
namespace {

constexpr std::size_t kLongest = 15;

constexpr std::uint16_t bit(unsigned number) { return static_cast<std::uint16_t>(1u << number); }

class Decoder {
 public:
  Decoder(std::span<const std::uint8_t> bytes, std::uint64_t at)
      : bytes_(bytes.first(std::min(bytes.size(), kLongest))), at_(at) {}

  Instruction run() {
    prefixes();
    const unsigned opcode = byte();
    if (opcode == 0x0f) {
      second_map();
    } else if (opcode == 0xc4 || opcode == 0xc5) {
      vex(opcode);
    } else if (opcode == 0x62) {
      evex();
    } else {
      first_map(opcode);
    }
    if (bad_) return {};
    out_.length = static_cast<std::uint8_t>(next_);
    // Relative to the end, which is known only now.
    if (relative_) out_.target += at_ + next_;
    return out_;
  }

 private:
  unsigned byte() {
    if (next_ < bytes_.size()) return bytes_[next_++];
    bad_ = true;
    return 0;
  }

  std::uint64_t immediate(unsigned size) {
    std::uint64_t out = 0;
    for (unsigned i = 0; i < size; ++i) out |= std::uint64_t{byte()} << (8 * i);
    return out;
  }

  std::uint64_t extended(unsigned size) {
    const std::uint64_t raw = immediate(size);
    const unsigned shift = 64 - 8 * size;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(raw << shift) >> shift);
  }

  // An operand that is 4 bytes long at most, by the prefixes.
  [[nodiscard]] unsigned word() const { return small_ && !wide_ ? 2 : 4; }
  [[nodiscard]] bool full() const { return !small_ || wide_; }

  void prefixes() {
    for (;;) {
      const unsigned one = next_ < bytes_.size() ? bytes_[next_] : 0;
      if (one == 0x66)
        small_ = true;
      else if (one == 0x67)
        short_address_ = true;
      else if (one == 0xf2 || one == 0xf3)
        repeat_ = one;
      else if (one != 0xf0 && one != 0x2e && one != 0x36 && one != 0x3e && one != 0x26 &&
               one != 0x64 && one != 0x65)
        break;
      ++next_;
    }
    if (next_ >= bytes_.size() || (bytes_[next_] & 0xf0) != 0x40) return;
    const unsigned rex = byte();
    rex_ = true;
    wide_ = (rex & 8) != 0;
    r_ = (rex & 4) != 0 ? 8 : 0;
    b_ = (rex & 1) != 0 ? 8 : 0;
  }

  void modrm() {
    const unsigned one = byte();
    mode_ = one >> 6;
    reg_ = static_cast<std::uint8_t>((one >> 3 & 7) | r_);
    rm_ = static_cast<std::uint8_t>((one & 7) | b_);
    if (mode_ == 3) return;
    if ((one & 7) == 4) {
      const unsigned base = byte() & 7;
      if (mode_ == 0 && base == 5) (void)immediate(4);
    } else if (mode_ == 0 && (one & 7) == 5) {
      out_.target = extended(4);
      out_.memory = relative_ = true;
    }
    if (mode_ == 1) (void)byte();
    if (mode_ == 2) (void)immediate(4);
  }

  // Of byte registers 4 to 7 are the second bytes of 0 to 3, unless there is a REX.
  void write(unsigned number, bool of_bytes = false) {
    out_.written |= bit(number);
    if (of_bytes && !rex_ && number >= 4 && number < 8) out_.written |= bit(number - 4);
  }
  void writes(std::initializer_list<unsigned> numbers) {
    for (const unsigned one : numbers) out_.written |= bit(one);
  }
  void write_reg(bool of_bytes = false) { write(reg_, of_bytes); }
  void write_rm(bool of_bytes = false) {
    if (mode_ == 3) write(rm_, of_bytes);
  }

  void jump(Kind kind, unsigned size) {
    out_.kind = kind;
    out_.target = extended(size);
    relative_ = true;
  }

  void set(std::uint8_t to, std::uint64_t value) {
    out_.kind = Kind::constant;
    out_.to = to;
    out_.value = value;
    write(to);
  }

  void copy(std::uint8_t to, std::uint8_t from) {
    write(to);
    if (mode_ != 3 || !full()) return;
    out_.kind = Kind::copy;
    out_.to = to;
    out_.from = from;
  }

  void arithmetic(unsigned opcode) {
    const unsigned operation = opcode >> 3, form = opcode & 7;
    const bool compares = operation == 7;
    if (form < 4) modrm();
    if (form == 4) (void)byte();
    if (form == 5) (void)immediate(word());
    if (compares) return;
    if (form < 2) write_rm(form == 0);
    if (form == 2 || form == 3) write_reg(form == 2);
    if (form > 3) write(rax);
    // xor and sub of a register with itself
    if ((operation == 6 || operation == 5) && (form == 1 || form == 3) && mode_ == 3 &&
        reg_ == rm_ && full())
      set(rm_, 0);
  }

  void first_map(unsigned opcode) {
    if (opcode < 0x40) {
      if ((opcode & 7) < 6)
        arithmetic(opcode);
      else
        bad_ = true;  // 64-bit code has no such prefixes and segments
    } else if (opcode < 0x80) {
      rows_4_to_7(opcode);
    } else if (opcode < 0xc0) {
      rows_8_to_b(opcode);
    } else {
      rows_c_to_f(opcode);
    }
  }

  void rows_4_to_7(unsigned opcode) {
    const auto low = static_cast<std::uint8_t>((opcode & 7) | b_);
    if (opcode < 0x50) {
      bad_ = true;  // two REX prefixes
    } else if (opcode < 0x58) {
      out_.kind = Kind::push;
      out_.from = low;
    } else if (opcode < 0x60) {
      out_.kind = Kind::pop;
      out_.to = low;
      write(low);
    } else if (opcode == 0x63) {
      modrm();
      copy(reg_, rm_);
    } else if (opcode == 0x68 || opcode == 0x6a) {
      out_.kind = Kind::push_constant;
      out_.value = opcode == 0x6a ? extended(1) : extended(word());
    } else if (opcode == 0x69 || opcode == 0x6b) {
      modrm();
      (void)immediate(opcode == 0x6b ? 1 : word());
      write_reg();
    } else if (within(opcode, 0x6c, 0x6f)) {
      strings();
    } else if (opcode >= 0x70) {
      jump(Kind::branch, 1);
    } else {
      bad_ = true;
    }
  }

  void strings() { writes({rax, rcx, rsi, rdi}); }

  void rows_8_to_b(unsigned opcode) {
    if (opcode < 0x90) return row_8(opcode);
    const auto low = static_cast<std::uint8_t>((opcode & 7) | b_);
    if (opcode == 0x90 && b_ == 0) {
      out_.kind = Kind::nop;
    } else if (opcode < 0x98) {
      write(rax);
      write(low);
    } else if (opcode < 0xa0) {
      if (opcode == 0x9a) bad_ = true;
      write(opcode == 0x99 ? rdx : rax);
    } else if (opcode < 0xa4) {
      (void)immediate(short_address_ ? 4 : 8);
      write(rax);
    } else if (opcode == 0xa8 || opcode == 0xa9) {
      (void)immediate(opcode == 0xa8 ? 1 : word());
    } else if (opcode < 0xb0) {
      strings();
    } else if (opcode < 0xb8) {
      (void)byte();
      write(low, true);
    } else if (wide_) {
      set(low, immediate(8));
    } else if (small_) {
      (void)immediate(2);
      write(low);
    } else {
      set(low, immediate(4));
    }
  }

  void row_8(unsigned opcode) {
    if (opcode == 0x82) bad_ = true;
    modrm();
    if (opcode < 0x84) {
      (void)immediate(opcode == 0x81 ? word() : 1);
      if ((reg_ & 7) != 7) write_rm(opcode == 0x80);
    } else if (opcode == 0x86 || opcode == 0x87) {
      write_reg(opcode == 0x86);
      write_rm(opcode == 0x86);
    } else if (opcode == 0x88 || opcode == 0x8c || opcode == 0x8f) {
      write_rm(opcode == 0x88);
    } else if (opcode == 0x89) {
      if (mode_ == 3) copy(rm_, reg_);
    } else if (opcode == 0x8a) {
      write_reg(true);
    } else if (opcode == 0x8b) {
      copy(reg_, rm_);
    } else if (opcode == 0x8d) {
      write_reg();
      if (mode_ == 3) bad_ = true;
      if (!out_.memory || !wide_) return;
      out_.kind = Kind::address;
      out_.to = reg_;
      out_.memory = false;
    }
  }

  void rows_c_to_f(unsigned opcode) {
    if (within(opcode, 0xd8, 0xdf)) {
      modrm();
      if (opcode == 0xdf) write(rax);
    } else if (opcode < 0xd8) {
      rows_c_and_d(opcode);
    } else if (opcode < 0xf0) {
      row_e(opcode);
    } else {
      row_f(opcode);
    }
  }

  void rows_c_and_d(unsigned opcode) {
    switch (opcode) {
      case 0xc0:
      case 0xc1:
        modrm();
        (void)byte();
        return write_rm(opcode == 0xc0);
      case 0xc2:
      case 0xca:
        (void)immediate(2);
        [[fallthrough]];
      case 0xc3:
      case 0xcb:
      case 0xcf:
        out_.kind = Kind::ret;
        return;
      case 0xc6:
        modrm();
        (void)byte();
        return write_rm(true);
      case 0xc7:
        modrm();
        return move_immediate();
      case 0xc8:
        (void)immediate(3);
        return write(rbp);
      case 0xc9:
        return write(rbp);
      case 0xcc:
        out_.kind = Kind::trap;
        return;
      case 0xcd:
        if (byte() == 0x80) out_.kind = Kind::legacy_syscall;
        return write(rax);
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        modrm();
        return write_rm(true);
      case 0xd7:
        return write(rax);
      default:
        bad_ = true;
    }
  }

  void move_immediate() {
    const std::uint64_t value = extended(word());
    if (mode_ != 3) {
      out_.kind = Kind::store_constant;
      out_.value = value;
      return;
    }
    if ((reg_ & 7) != 0 || !full()) return write_rm();
    set(rm_, wide_ ? value : value & 0xffffffff);
  }

  void row_e(unsigned opcode) {
    if (opcode < 0xe4) {
      write(rcx);
      jump(Kind::branch, 1);
    } else if (opcode < 0xe8) {
      (void)byte();
      write(rax);
    } else if (opcode == 0xe8) {
      jump(Kind::call, 4);
    } else if (opcode == 0xe9 || opcode == 0xeb) {
      jump(Kind::jump, opcode == 0xe9 ? 4 : 1);
    } else if (opcode == 0xea) {
      bad_ = true;
    } else {
      write(rax);
    }
  }

  void row_f(unsigned opcode) {
    if (opcode == 0xf4 || opcode == 0xf1) {
      out_.kind = Kind::trap;
    } else if (opcode == 0xf6 || opcode == 0xf7) {
      modrm();
      const unsigned operation = reg_ & 7;
      if (operation < 2) (void)immediate(opcode == 0xf6 ? 1 : word());
      if (operation == 2 || operation == 3) write_rm(opcode == 0xf6);
      if (operation > 3) writes({rax, rdx});
    } else if (opcode == 0xfe || opcode == 0xff) {
      modrm();
      group_5(opcode);
    }
  }

  void group_5(unsigned opcode) {
    const unsigned operation = reg_ & 7;
    if (operation < 2) return write_rm(opcode == 0xfe);
    if (opcode == 0xfe || operation == 7) bad_ = true;
    if (operation == 2 || operation == 3) out_.kind = Kind::call_indirect;
    if (operation == 4 || operation == 5) out_.kind = Kind::jump_indirect;
  }

  void second_map() {
    const unsigned opcode = byte();
    if (opcode == 0x38) return third_map(byte());
    if (opcode == 0x3a) return fourth_map(byte());
    if (opcode == 0x05) {
      out_.kind = Kind::syscall;
    } else if (opcode == 0x34) {
      out_.kind = Kind::legacy_syscall;
    } else if (opcode == 0x0b) {
      out_.kind = Kind::trap;
    } else if (within(opcode, 0x80, 0x8f)) {
      jump(Kind::branch, 4);
    } else if (within(opcode, 0xc8, 0xcf)) {
      write((opcode & 7) | b_);
    } else if (within(opcode, 0x30, 0x37) || opcode == 0xa2) {
      writes({rax, rdx, rcx, rbx});
    } else if (without_operand(opcode)) {
      bad_ = bad_ || opcode == 0x04 || opcode == 0x0a || opcode == 0x0c;
    } else {
      modrm();
      if (opcode == 0x0f || has_byte(opcode) || opcode == 0xa4 || opcode == 0xac || opcode == 0xba)
        (void)byte();
      second_map_writes(opcode);
    }
  }

  void second_map_writes(unsigned opcode) {
    if (within(opcode, 0x40, 0x4f)) {
      write_reg();
      if (mode_ != 3 || !full()) return;
      out_.kind = Kind::select;
      out_.to = reg_;
      out_.from = rm_;
    } else if (opcode == 0x1e || opcode == 0x1f) {
      if (mode_ == 3 && repeat_ == 0xf3 && (reg_ & 7) == 1) return write_rm();  // rdssp
      out_.kind = Kind::nop;  // endbr64 among them
    } else if (opcode == 0x01) {
      if (mode_ == 3) writes({rax, rcx, rdx, rm_});
    } else if (within(opcode, 0x90, 0x9f)) {
      write_rm(true);
    } else if (opcode == 0xb0 || opcode == 0xb1 || opcode == 0xc7) {
      write_rm(true);
      writes({rax, rdx});
    } else if (opcode == 0xc0 || opcode == 0xc1) {
      write_reg(true);
      write_rm(true);
    } else if (writes_reg(opcode)) {
      write_reg();
    } else if (writes_rm(opcode)) {
      write_rm();
    }
  }

  // 0f 38
  void third_map(unsigned opcode) {
    modrm();
    if (opcode >= 0xf0) write_reg();
  }

  // 0f 3a
  void fourth_map(unsigned opcode) {
    modrm();
    (void)byte();
    if (within(opcode, 0x14, 0x17)) write_rm();
    if (within(opcode, 0x60, 0x63)) write(rcx);
    if (opcode >= 0xf0) write_reg();
  }

  void vex(unsigned opcode) {
    if (rex_) bad_ = true;
    const unsigned first = byte();
    r_ = (first & 0x80) != 0 ? 0 : 8;
    unsigned map = 1, last = first;
    if (opcode == 0xc4) {
      map = first & 0x1f;
      b_ = (first & 0x20) != 0 ? 0 : 8;
      last = byte();
    }
    vector(map, byte(), ~last >> 3 & 15);
  }

  void evex() {
    if (rex_) bad_ = true;
    const unsigned first = byte(), second = byte();
    (void)byte();
    r_ = (first & 0x80) != 0 ? 0 : 8;
    b_ = (first & 0x20) != 0 ? 0 : 8;
    vector(first & 7, byte(), ~second >> 3 & 15);
  }

  void vector(unsigned map, unsigned opcode, unsigned third) {
    if (map == 1 && opcode == 0x77) return;
    modrm();
    if (map == 3 || (map == 1 && has_byte(opcode))) (void)byte();
    if (map == 2 && opcode >= 0xf0) {
      write_reg();
      write(third);
    } else if (map == 3) {
      if (within(opcode, 0x14, 0x17)) write_rm();
      if (within(opcode, 0x60, 0x63)) write(rcx);
      if (opcode >= 0xf0) write_reg();
    } else if (map == 1 || map == 5) {
      if (writes_reg(opcode) || opcode == 0x78 || opcode == 0x79 || opcode == 0x93) write_reg();
      if (opcode == 0x7e) write_rm();
    } else if (map == 0 || map == 4 || map == 7) {
      bad_ = true;
    }
  }

  std::span<const std::uint8_t> bytes_;
  std::uint64_t at_;
  std::size_t next_ = 0;
  Instruction out_;
  bool bad_ = false, relative_ = false;
  bool small_ = false, short_address_ = false, rex_ = false, wide_ = false;
  unsigned repeat_ = 0, mode_ = 0;
  std::uint8_t r_ = 0, b_ = 0, reg_ = 0, rm_ = 0;
};

}  // namespace

Instruction decode(std::span<const std::uint8_t> bytes, std::uint64_t at) {
  return Decoder(bytes, at).run();
}

}  // namespace glacis::elf::x86
