// SPDX-License-Identifier: Apache-2.0
// Bytes that somebody else chose (a file, a process, a peer) never reach a
// terminal as they are: control bytes move cursors, bidirectional marks reorder
// what a person reads. `escape` writes them as C escapes; `Untrusted` is the
// type of such bytes, and has no other way to be printed.
#pragma once

#include <fmt/core.h>

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace glacis {

enum class Backslash { escape, keep };

// Printable UTF-8 stays; control bytes, bytes that are not UTF-8, and marks
// that are invisible or turn the direction of text become \n, \x1b, \u202e.
// With Backslash::escape the result can be read back without doubt.
[[nodiscard]] std::string escape(std::string_view bytes, Backslash mode = Backslash::escape);

// The length of the character that starts at `at` if it is printable as it is,
// else 0. Renderers that must count columns use it.
[[nodiscard]] std::size_t printable_length(std::string_view bytes, std::size_t at);

// The escape of the character, or the byte, that starts at `at`; moves `at` on.
[[nodiscard]] std::string escape_one(std::string_view bytes, std::size_t& at);

// The bytes that escape() with Backslash::escape was given; nothing for what it
// could not have written.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text);

class Untrusted {
 public:
  Untrusted() = default;
  explicit Untrusted(std::string bytes) : bytes_(std::move(bytes)) {}
  explicit Untrusted(std::string_view bytes) : bytes_(bytes) {}
  explicit Untrusted(const char* bytes) : bytes_(bytes) {}

  // For comparing and storing, never for printing.
  [[nodiscard]] const std::string& raw() const { return bytes_; }
  [[nodiscard]] std::string escaped() const { return escape(bytes_); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  friend auto operator<=>(const Untrusted&, const Untrusted&) = default;

 private:
  std::string bytes_;
};

}  // namespace glacis

template <>
struct fmt::formatter<glacis::Untrusted> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const glacis::Untrusted& value, Context& context) const {
    return fmt::formatter<std::string_view>::format(value.escaped(), context);
  }
};
