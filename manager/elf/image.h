// SPDX-License-Identifier: Apache-2.0
// An ELF file of x86-64 as the loader sees it: by its program headers and its
// dynamic section; section headers are asked for the symbol table alone. The
// file may be anybody's: each offset and count is checked against the bytes that
// are there, and what does not fit is an error that says so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "manager/base/result.h"

namespace glacis::elf {

inline constexpr std::size_t largest_file = std::size_t{256} << 20;

struct Segment {
  std::uint64_t address = 0, offset = 0, size = 0;  // of what is in the file
  bool executable = false;

  [[nodiscard]] bool holds(std::uint64_t at) const { return at - address < size; }
};

struct Symbol {
  std::string_view name;
  std::uint64_t value = 0;
  bool function = false, weak = false, defined = false;
};

// What the loader writes at an address: the address of a symbol, or one of this file's code.
struct Relocations {
  std::unordered_map<std::uint64_t, std::string_view> slots;  // of the symbol's name
  std::vector<std::string_view> named;                        // in data: anybody may call them
  std::vector<std::uint64_t> pointers;                        // in data, into code
};

class Image {
 public:
  // `path` is for messages.
  static Result<Image> parse(std::vector<std::uint8_t> bytes, std::string path);

  Image(Image&&) = default;
  Image& operator=(Image&&) = default;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  // From an address to the end of what is mapped there; empty for none.
  [[nodiscard]] std::span<const std::uint8_t> at(std::uint64_t address) const;
  [[nodiscard]] const Segment* code_at(std::uint64_t address) const;

  std::string path;
  bool fixed = false;  // at the addresses that it was linked for
  std::uint64_t entry = 0;
  std::string interpreter, soname;
  std::vector<std::string> needed;
  std::string rpath, runpath;
  std::vector<Segment> segments;
  std::vector<Symbol> symbols;        // that other files see
  std::vector<Symbol> own;            // of the symbol table, if it has one
  std::vector<std::uint64_t> starts;  // of functions: sorted, each once, in code
  bool framed = false;                // its functions are listed for unwinding
  Relocations relocations;
  std::vector<std::uint64_t> run;  // what the loader calls

 private:
  friend class ImageReader;
  Image() = default;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace glacis::elf
