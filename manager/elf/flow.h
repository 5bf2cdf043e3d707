// SPDX-License-Identifier: Apache-2.0
// What one stretch of code does: the system calls that it makes, with numbers
// where they are constants on every way to them, and where else it leads. A
// register may hold one of a few constants, what the caller had put into some
// register, or something unknown; more is never claimed than holds on all ways.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "manager/elf/image.h"
#include "manager/elf/x86.h"

namespace glacis::elf {

struct Value {
  enum class Kind : std::uint8_t { unknown, constants, argument };
  static constexpr std::size_t most = 4;

  Kind kind = Kind::unknown;
  std::uint8_t count = 0;
  std::uint8_t argument = x86::none;            // register of the caller's
  std::array<std::uint32_t, most> constants{};  // the first `count`, sorted

  static Value constant(std::uint64_t value);
  static Value of_caller(std::uint8_t which);
  // Whichever of both it is.
  [[nodiscard]] Value either(const Value& other) const;

  friend bool operator==(const Value&, const Value&) = default;
};

using State = std::array<Value, x86::registers>;

struct Edge {
  std::uint64_t from = 0;
  std::uint64_t target = 0;  // an address of this image's, if there is no symbol
  std::string_view symbol;
  bool control = false;  // it goes there; else it only has its address
};

struct Site {
  std::uint64_t at = 0;
  Value number;               // of a system call
  const char* odd = nullptr;  // why there is no number to speak of
};

// Code from `first` up to `last`, both of one segment.
struct Stretch {
  std::uint64_t first = 0, last = 0;
  bool joined = false;  // with the stretch before it, by nothing but its size
};

inline constexpr std::uint64_t longest_stretch = std::uint64_t{256} << 10;

// All code of the image, in the order of addresses, by where functions start.
[[nodiscard]] std::vector<Stretch> stretches_of(const Image& image);

struct Visitor {
  std::function<void(const Edge&, const State&)> edge;
  std::function<void(const Site&)> site;
};

void walk(const Image& image, const Stretch& stretch, const Visitor& visitor);

}  // namespace glacis::elf
