// SPDX-License-Identifier: Apache-2.0
// Programs of a few instructions, as files.
#pragma once

#include <elf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "manager/elf/calls.h"

namespace glacis::elf {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint64_t code_offset = 0x200;

// One segment with everything in it, at `base`. Functions are put one after the
// other; where each starts is known before the next is made.
class Maker {
 public:
  explicit Maker(std::uint64_t base = 0x400000) : base_(base) {}

  std::uint64_t next() const { return base_ + code_offset + code_.size(); }
  std::uint64_t function(const std::string& name, const Bytes& code) {
    const std::uint64_t at = next();
    symbols_.emplace_back(name, at);
    code_.insert(code_.end(), code.begin(), code.end());
    return at;
  }
  void needs(const std::string& library) { needed_.push_back(library); }
  void starts_at(std::uint64_t entry) { entry_ = entry; }

  Bytes bytes() const {
    Bytes out(code_offset);
    append(out, code_);
    std::string strings(1, '\0');
    std::vector<Elf64_Sym> symbols(1);
    for (const auto& [name, at] : symbols_) {
      Elf64_Sym one{};
      one.st_name = static_cast<Elf64_Word>(strings.size());
      one.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
      one.st_shndx = 1;
      one.st_value = at;
      symbols.push_back(one);
      strings += name + '\0';
    }
    std::vector<Elf64_Dyn> dynamic;
    for (const std::string& library : needed_) {
      dynamic.push_back({DT_NEEDED, {strings.size()}});
      strings += library + '\0';
    }
    const std::uint64_t names = out.size();
    append(out, Bytes(strings.begin(), strings.end()));
    align(out);
    dynamic.push_back({DT_STRTAB, {base_ + names}});
    dynamic.push_back({DT_STRSZ, {strings.size()}});
    dynamic.push_back({DT_NULL, {0}});
    const std::uint64_t table = append(out, dynamic), list = append(out, symbols);
    std::vector<Elf64_Shdr> sections(3);
    sections[1].sh_type = SHT_SYMTAB;
    sections[1].sh_offset = list;
    sections[1].sh_size = symbols.size() * sizeof(Elf64_Sym);
    sections[1].sh_link = 2;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = names;
    sections[2].sh_size = strings.size();
    const std::uint64_t headers = append(out, sections);
    write_headers(out, table, dynamic.size() * sizeof(Elf64_Dyn), headers);
    return out;
  }

  Image image() const {
    auto out = Image::parse(bytes(), "/p");
    EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().what);
    return std::move(*out);
  }

 private:
  template <typename T>
  static std::uint64_t append(Bytes& out, const std::vector<T>& what) {
    const std::uint64_t at = out.size();
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(what.data());
    out.insert(out.end(), bytes, bytes + what.size() * sizeof(T));
    return at;
  }
  static void align(Bytes& out) { out.resize((out.size() + 7) & ~std::size_t{7}); }

  void write_headers(Bytes& out, std::uint64_t dynamic, std::uint64_t size,
                     std::uint64_t sections) const {
    Elf64_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_type = ET_EXEC;
    head.e_machine = EM_X86_64;
    head.e_entry = entry_;
    head.e_phoff = sizeof head;
    head.e_phentsize = sizeof(Elf64_Phdr);
    head.e_phnum = 2;
    head.e_shoff = sections;
    head.e_shentsize = sizeof(Elf64_Shdr);
    head.e_shnum = 3;
    Elf64_Phdr parts[2]{};
    parts[0].p_type = PT_LOAD;
    parts[0].p_flags = PF_R | PF_X;
    parts[0].p_offset = code_offset;
    parts[0].p_vaddr = base_ + code_offset;
    parts[0].p_filesz = out.size() - code_offset;
    parts[1].p_type = PT_DYNAMIC;
    parts[1].p_offset = dynamic;
    parts[1].p_filesz = size;
    std::memcpy(out.data(), &head, sizeof head);
    std::memcpy(out.data() + sizeof head, parts, sizeof parts);
  }

  std::uint64_t base_, entry_ = 0;
  Bytes code_;
  std::vector<std::pair<std::string, std::uint64_t>> symbols_;
  std::vector<std::string> needed_;
};

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Bytes word(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
}

inline Bytes number(std::uint32_t call) { return Bytes{0xb8} + word(call); }  // mov $call,%eax
inline Bytes first_argument(std::uint32_t value) { return Bytes{0xbf} + word(value); }
inline const Bytes system_call{0x0f, 0x05};
inline const Bytes return_back{0xc3};

// A call of five bytes that stands at `at`.
inline Bytes call(std::uint64_t at, std::uint64_t target) {
  return Bytes{0xe8} + word(static_cast<std::uint32_t>(target - at - 5));
}

}  // namespace glacis::elf
