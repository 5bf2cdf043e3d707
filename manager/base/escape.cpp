// SPDX-License-Identifier: Apache-2.0
#include "manager/base/escape.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <system_error>

namespace glacis {
namespace {

struct Decoded {
  std::uint32_t point = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
}

// One character, refusing overlong forms, surrogates and what is past U+10FFFF.
Decoded decode(std::string_view bytes, std::size_t at) {
  const unsigned first = byte_at(bytes, at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.size()) return {};
  std::uint32_t point = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(bytes, at + i);
    if ((next & 0xc0) != 0x80) return {};
    point = point << 6 | (next & 0x3f);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
  return {point, length};
}

bool in(std::uint32_t point, std::uint32_t first, std::uint32_t last) {
  return point >= first && point <= last;
}

// Controls, invisible characters, line separators and marks of direction.
bool misleading(std::uint32_t p) {
  return p < 0x20 || in(p, 0x7f, 0x9f) || p == 0xad || p == 0x61c || in(p, 0x200b, 0x200f) ||
         in(p, 0x2028, 0x202e) || in(p, 0x2060, 0x206f) || p == 0xfeff || in(p, 0xfff9, 0xfffb) ||
         in(p, 0xfe00, 0xfe0f) || in(p, 0xe0000, 0xe0fff) || in(p, 0xe000, 0xf8ff);
}

std::string escape_point(std::uint32_t point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  if (point < 0x80) return fmt::format("\\x{:02x}", point);
  return point < 0x10000 ? fmt::format("\\u{:04x}", point) : fmt::format("\\U{:08x}", point);
}

void append_point(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  const unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr unsigned heads[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(heads[more] | point >> 6 * more);
  for (unsigned i = more; i-- > 0;) out += static_cast<char>(0x80 | (point >> 6 * i & 0x3f));
}

}  // namespace

std::size_t printable_length(std::string_view bytes, std::size_t at) {
  const Decoded decoded = decode(bytes, at);
  return decoded.length != 0 && !misleading(decoded.point) ? decoded.length : 0;
}

std::string escape_one(std::string_view bytes, std::size_t& at) {
  const Decoded decoded = decode(bytes, at);
  if (decoded.length == 0) return fmt::format("\\x{:02x}", byte_at(bytes, at++));
  at += decoded.length;
  return escape_point(decoded.point);
}

std::string escape(std::string_view bytes, Backslash mode) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const bool quote = bytes[at] == '\\' && mode == Backslash::escape;
    const std::size_t length = quote ? 0 : printable_length(bytes, at);
    if (length == 0) {
      out += escape_one(bytes, at);
    } else {
      out.append(bytes, at, length);
      at += length;
    }
  }
  return out;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    constexpr std::string_view letters = "ntr\\", meant = "\n\t\r\\";
    if (const auto simple = letters.find(text[at]); simple != std::string_view::npos) {
      out += meant[simple];
      continue;
    }
    const std::size_t digits = text[at] == 'x' ? 2 : text[at] == 'u' ? 4 : text[at] == 'U' ? 8 : 0;
    const char* from = text.data() + at + 1;
    if (digits == 0 || text.size() - at - 1 < digits) return std::nullopt;
    std::uint32_t point = 0;
    const auto [end, error] = std::from_chars(from, from + digits, point, 16);
    if (error != std::errc{} || end != from + digits || point > 0x10ffff) return std::nullopt;
    if (digits == 2) {
      out += static_cast<char>(point);
    } else {
      append_point(out, point);
    }
    at += digits;
  }
  return out;
}

}  // namespace glacis
