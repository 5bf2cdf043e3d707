// SPDX-License-Identifier: Apache-2.0
#include "manager/elf/image.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "manager/base/escape.h"

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

namespace glacis::elf {
namespace {

constexpr std::size_t kMostSegments = 128;
constexpr std::size_t kMostEntries = std::size_t{4} << 20;  // of a table
constexpr std::size_t kMostNeeded = 256;
constexpr std::uint8_t kFrameTable = 0x3b;  // signed 4 bytes, from the start of the header

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    default:
      return fmt::format("number {}", machine);
  }
}

}  // namespace

class ImageReader {
 public:
  explicit ImageReader(std::vector<std::uint8_t> bytes, std::string path) {
    image_.bytes_ = std::move(bytes);
    image_.path = std::move(path);
  }

  Result<Image> run() {
    if (auto good = header(); !good) return std::unexpected(good.error());
    for (auto part : {&ImageReader::read_segments, &ImageReader::read_dynamic,
                      &ImageReader::read_symbols, &ImageReader::read_relocations,
                      &ImageReader::read_frames, &ImageReader::read_own_symbols})
      if (const char* wrong = (this->*part)()) return bad(wrong);
    if (image_.fixed) scan_data();
    finish();
    return std::move(image_);
  }

 private:
  using Wrong = const char*;

  std::unexpected<Error> bad(std::string_view what) const {
    return fail(Exit::usage, fmt::format("{} is no whole program: {}",
                                         escape(image_.path, Backslash::keep), what));
  }

  template <typename T>
  std::optional<T> get(std::uint64_t offset) const {
    if (offset > image_.bytes_.size() || image_.bytes_.size() - offset < sizeof(T))
      return std::nullopt;
    T out;
    std::memcpy(&out, image_.bytes_.data() + offset, sizeof out);
    return out;
  }

  template <typename T>
  std::optional<T> mapped(std::uint64_t address) const {
    const auto bytes = image_.at(address);
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T out;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }

  Status header() {
    const auto head = get<Elf64_Ehdr>(0);
    if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) {
      const bool script =
          image_.bytes_.size() > 2 && image_.bytes_[0] == '#' && image_.bytes_[1] == '!';
      return fail(Exit::usage,
                  fmt::format("{} is {}", escape(image_.path, Backslash::keep),
                              script ? "a script" : "no ELF file"),
                  script ? "look at the program that interprets it" : "");
    }
    if (head->e_machine != EM_X86_64 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
        head->e_ident[EI_DATA] != ELFDATA2LSB)
      return fail(Exit::usage,
                  fmt::format("{} is for another machine ({})",
                              escape(image_.path, Backslash::keep), machine_name(head->e_machine)),
                  "only programs for x86-64 can be looked through");
    if (head->e_type != ET_EXEC && head->e_type != ET_DYN) return bad("it cannot be executed");
    head_ = *head;
    image_.fixed = head->e_type == ET_EXEC;
    image_.entry = head->e_entry;
    return {};
  }

  Wrong read_segments() {
    if (head_.e_phentsize != sizeof(Elf64_Phdr) || head_.e_phnum > kMostSegments)
      return "its program headers";
    std::uint64_t code = 0;
    for (unsigned i = 0; i < head_.e_phnum; ++i) {
      const auto one = get<Elf64_Phdr>(head_.e_phoff + i * sizeof(Elf64_Phdr));
      if (!one) return "it is cut off: a program header is missing";
      const std::uint64_t end = one->p_offset + one->p_filesz;
      if (one->p_filesz != 0 && (end < one->p_offset || end > image_.bytes_.size()))
        return "it is cut off: a segment is missing";
      if (one->p_vaddr + one->p_filesz < one->p_vaddr) return "a segment without an end";
      if (one->p_type == PT_DYNAMIC) dynamic_ = *one;
      if (one->p_type == PT_GNU_EH_FRAME) frames_ = one->p_vaddr;
      if (one->p_type == PT_INTERP)
        image_.interpreter = text(one->p_offset, end).substr(0, one->p_filesz);
      if (one->p_type != PT_LOAD || one->p_filesz == 0) continue;
      const bool executable = (one->p_flags & PF_X) != 0;
      if (executable) code += one->p_filesz;
      image_.segments.push_back({one->p_vaddr, one->p_offset, one->p_filesz, executable});
    }
    if (code > image_.bytes_.size()) return "its segments overlap";
    std::ranges::sort(image_.segments, {}, &Segment::address);
    for (std::size_t i = 1; i < image_.segments.size(); ++i)
      if (image_.segments[i - 1].holds(image_.segments[i].address)) return "its segments overlap";
    return nullptr;
  }

  // Up to the byte 0, which must come before `end`.
  std::string_view text(std::uint64_t offset, std::uint64_t end) const {
    end = std::min<std::uint64_t>(end, image_.bytes_.size());
    if (offset >= end) return {};
    const auto* first = reinterpret_cast<const char*>(image_.bytes_.data()) + offset;
    const void* last = std::memchr(first, 0, end - offset);
    if (last == nullptr) return {};
    return {first, static_cast<const char*>(last)};
  }

  std::string_view name(std::uint64_t offset) const {
    const auto strings = image_.at(strings_);
    if (offset >= strings_size_ || strings_size_ > strings.size()) return {};
    const auto from = static_cast<std::uint64_t>(strings.data() - image_.bytes_.data());
    return text(from + offset, from + strings_size_);
  }

  Wrong read_dynamic() {
    std::vector<Elf64_Dyn> names;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic_.p_filesz;
         at += sizeof(Elf64_Dyn)) {
      const auto one = get<Elf64_Dyn>(dynamic_.p_offset + at);
      if (!one || at / sizeof(Elf64_Dyn) > kMostEntries) return "its dynamic section";
      if (one->d_tag == DT_NULL) break;
      if (one->d_tag == DT_NEEDED || one->d_tag == DT_SONAME || one->d_tag == DT_RPATH ||
          one->d_tag == DT_RUNPATH)
        names.push_back(*one);
      else
        tags_[static_cast<std::uint64_t>(one->d_tag)] = one->d_un.d_val;
    }
    strings_ = tag(DT_STRTAB);
    strings_size_ = tag(DT_STRSZ);
    for (const Elf64_Dyn& one : names) {
      const std::string word(name(one.d_un.d_val));
      if (one.d_tag == DT_NEEDED) image_.needed.push_back(word);
      if (one.d_tag == DT_SONAME) image_.soname = word;
      if (one.d_tag == DT_RPATH) image_.rpath = word;
      if (one.d_tag == DT_RUNPATH) image_.runpath = word;
      if (word.empty() && one.d_tag == DT_NEEDED) return "the name of a library is missing";
    }
    return image_.needed.size() > kMostNeeded ? "it needs too many libraries" : nullptr;
  }

  std::uint64_t tag(std::uint64_t which) const {
    const auto found = tags_.find(which);
    return found == tags_.end() ? 0 : found->second;
  }

  // The loader never counts symbols: their number follows from the hash table.
  std::optional<std::uint64_t> symbol_count() const {
    if (const std::uint64_t hash = tag(DT_HASH))
      if (const auto count = mapped<std::uint32_t>(hash + 4)) return *count;
    const std::uint64_t hash = tag(DT_GNU_HASH);
    const auto buckets = mapped<std::uint32_t>(hash), from = mapped<std::uint32_t>(hash + 4),
               words = mapped<std::uint32_t>(hash + 8);
    if (hash == 0) return tag(DT_SYMTAB) == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
    if (!buckets || !from || !words || *buckets > kMostEntries) return std::nullopt;
    const std::uint64_t table = hash + 16 + std::uint64_t{*words} * 8;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < *buckets; ++i) {
      const auto bucket = mapped<std::uint32_t>(table + 4 * i);
      if (!bucket) return std::nullopt;
      last = std::max<std::uint64_t>(last, *bucket);
    }
    if (last < *from) return *from;
    for (const std::uint64_t chain = table + std::uint64_t{*buckets} * 4;; ++last) {
      const auto hashed = mapped<std::uint32_t>(chain + 4 * (last - *from));
      if (!hashed) return std::nullopt;
      if (*hashed & 1) return last + 1;
    }
  }

  std::optional<Symbol> symbol(std::uint64_t index) const {
    const auto raw = mapped<Elf64_Sym>(tag(DT_SYMTAB) + index * sizeof(Elf64_Sym));
    if (!raw) return std::nullopt;
    return made(*raw, name(raw->st_name));
  }

  static Symbol made(const Elf64_Sym& raw, std::string_view name) {
    const unsigned type = ELF64_ST_TYPE(raw.st_info);
    return {name, raw.st_value, type == STT_FUNC || type == STT_GNU_IFUNC,
            ELF64_ST_BIND(raw.st_info) == STB_WEAK, raw.st_shndx != SHN_UNDEF};
  }

  Wrong read_symbols() {
    const auto count = symbol_count();
    if (!count || *count > kMostEntries) return "its table of symbols";
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto one = symbol(i);
      if (!one) return "its table of symbols is cut off";
      image_.symbols.push_back(*one);
    }
    return nullptr;
  }

  Wrong read_relocations() {
    if (const auto wrong = read_table(tag(DT_RELA), tag(DT_RELASZ))) return wrong;
    if (tag(DT_PLTREL) == DT_RELA || tag(DT_JMPREL) == 0) {
      if (const auto wrong = read_table(tag(DT_JMPREL), tag(DT_PLTRELSZ))) return wrong;
    } else {
      return "its relocations are of a form that x86-64 has not";
    }
    return read_packed(tag(DT_RELR), tag(DT_RELRSZ));
  }

  Wrong read_table(std::uint64_t at, std::uint64_t size) {
    if (size / sizeof(Elf64_Rela) > kMostEntries) return "its relocations";
    for (std::uint64_t i = 0; i < size / sizeof(Elf64_Rela); ++i) {
      const auto one = mapped<Elf64_Rela>(at + i * sizeof(Elf64_Rela));
      if (!one) return "its relocations are cut off";
      const auto addend = static_cast<std::uint64_t>(one->r_addend);
      const auto type = ELF64_R_TYPE(one->r_info);
      if (type == R_X86_64_RELATIVE || type == R_X86_64_IRELATIVE) {
        point_to(addend);
      } else if (type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64) {
        const auto of = symbol(ELF64_R_SYM(one->r_info));
        if (!of) return "a relocation of a symbol that it has not";
        if (of->name.empty())
          point_to(of->value + addend);
        else if (type == R_X86_64_64)
          image_.relocations.named.push_back(of->name);
        else
          image_.relocations.slots[one->r_offset] = of->name;
      }
    }
    return nullptr;
  }

  // Addresses, each followed by bit maps of the 63 words after it.
  Wrong read_packed(std::uint64_t at, std::uint64_t size) {
    std::uint64_t next = 0, seen = 0;
    for (std::uint64_t i = 0; i < size / 8; ++i) {
      const auto word = mapped<std::uint64_t>(at + 8 * i);
      if (!word) return "its relocations are cut off";
      if ((*word & 1) == 0) {
        relocated(*word);
        next = *word + 8;
        ++seen;
        continue;
      }
      for (unsigned bit = 1; bit < 64; ++bit)
        if (*word >> bit & 1) relocated(next + 8 * (bit - 1)), ++seen;
      next += 8 * 63;
      if (seen > kMostEntries) return "it has too many relocations";
    }
    return nullptr;
  }

  void relocated(std::uint64_t at) {
    if (const auto value = mapped<std::uint64_t>(at)) point_to(*value);
  }

  void point_to(std::uint64_t value) {
    if (image_.code_at(value) != nullptr) image_.relocations.pointers.push_back(value);
  }

  static std::uint64_t widened(std::int32_t value) {
    return static_cast<std::uint64_t>(std::int64_t{value});
  }

  // By the letter S in what the frame's description has in common with others.
  bool of_signal(std::uint64_t frame) const {
    const auto back = mapped<std::uint32_t>(frame + 4);
    if (!back) return false;
    const auto common = image_.at(frame + 4 - *back);
    for (std::size_t i = 9; i < common.size() && i < 17 && common[i] != 0; ++i)
      if (common[i] == 'S') return true;
    return false;
  }

  // The table that the unwinder searches: pairs of function and description.
  Wrong read_frames() {
    const auto head = mapped<std::uint32_t>(frames_);
    if (frames_ == 0 || !head || (*head >> 24) != kFrameTable || (*head >> 16 & 0xff) != 0x03)
      return nullptr;
    const auto count = mapped<std::uint32_t>(frames_ + 8);
    if (!count || *count > kMostEntries) return "its table of functions";
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto from = mapped<std::int32_t>(frames_ + 12 + 8 * i);
      const auto frame = mapped<std::int32_t>(frames_ + 16 + 8 * i);
      if (!from || !frame) return "its table of functions is cut off";
      // That of a signal handler's return starts a byte early, for the unwinder's sake.
      const std::uint64_t early = of_signal(frames_ + widened(*frame)) ? 1 : 0;
      image_.starts.push_back(frames_ + widened(*from) + early);
    }
    image_.framed = *count != 0;
    return nullptr;
  }

  // Nothing depends on it but names and boundaries, so that a wrong one is none.
  Wrong read_own_symbols() {
    if (head_.e_shentsize != sizeof(Elf64_Shdr)) return nullptr;
    for (unsigned i = 0; i < head_.e_shnum; ++i) {
      const auto table = get<Elf64_Shdr>(head_.e_shoff + i * sizeof(Elf64_Shdr));
      if (!table || table->sh_type != SHT_SYMTAB) continue;
      const auto strings = get<Elf64_Shdr>(head_.e_shoff + table->sh_link * sizeof(Elf64_Shdr));
      if (!strings || table->sh_size / sizeof(Elf64_Sym) > kMostEntries) return nullptr;
      const std::uint64_t end = strings->sh_offset + strings->sh_size;
      for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size;
           at += sizeof(Elf64_Sym)) {
        const auto raw = get<Elf64_Sym>(table->sh_offset + at);
        if (!raw) return nullptr;
        const Symbol one = made(*raw, text(strings->sh_offset + raw->st_name, end));
        if (one.function && one.defined) image_.own.push_back(one);
      }
      return nullptr;
    }
    return nullptr;
  }

  // A program that never moves has no relocations: any word may be an address.
  void scan_data() {
    std::vector<std::uint64_t> known = image_.starts;
    std::ranges::sort(known);
    for (const Segment& segment : image_.segments) {
      if (segment.executable) continue;
      const std::uint64_t first = (segment.address + 7) & ~std::uint64_t{7};
      for (std::uint64_t at = first; at - segment.address + 8 <= segment.size; at += 8)
        if (const auto value = get<std::uint64_t>(segment.offset + (at - segment.address)))
          if (!image_.framed || std::ranges::binary_search(known, *value)) point_to(*value);
    }
  }

  void finish() {
    auto& starts = image_.starts;
    for (const auto* table : {&image_.symbols, &image_.own})
      for (const Symbol& one : *table)
        if (one.function && one.defined) starts.push_back(one.value);
    for (const std::uint64_t which : {tag(DT_INIT), tag(DT_FINI)})
      if (which != 0) image_.run.push_back(which);
    if (image_.entry != 0) image_.run.push_back(image_.entry);
    starts.insert(starts.end(), image_.run.begin(), image_.run.end());
    for (const Segment& segment : image_.segments)
      if (segment.executable) starts.push_back(segment.address);
    std::erase_if(starts, [&](std::uint64_t at) { return image_.code_at(at) == nullptr; });
    std::ranges::sort(starts);
    const auto [first, last] = std::ranges::unique(starts);
    starts.erase(first, last);
  }

  Image image_;
  Elf64_Ehdr head_{};
  Elf64_Phdr dynamic_{};
  std::uint64_t frames_ = 0, strings_ = 0, strings_size_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> tags_;
};

Result<Image> Image::parse(std::vector<std::uint8_t> bytes, std::string path) {
  return ImageReader(std::move(bytes), std::move(path)).run();
}

std::span<const std::uint8_t> Image::at(std::uint64_t address) const {
  for (const Segment& one : segments)
    if (one.holds(address))
      return std::span(bytes_).subspan(one.offset + (address - one.address),
                                       one.size - (address - one.address));
  return {};
}

const Segment* Image::code_at(std::uint64_t address) const {
  for (const Segment& one : segments)
    if (one.executable && one.holds(address)) return &one;
  return nullptr;
}

}  // namespace glacis::elf
