// SPDX-License-Identifier: Apache-2.0
#include "manager/audit/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace glacis::audit {
namespace {

constexpr std::size_t most_fields = 64;

struct Field {
  std::string_view key, value;
  bool quoted = false;
};

template <typename T>
std::optional<T> number(std::string_view text, int base = 10) {
  T out = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out, base);
  if (text.empty() || error != std::errc() || at != end) return std::nullopt;
  return out;
}

// The fields of a record, each key once: the first counts, as the kernel writes its
// own before those of a module.
class Fields {
 public:
  // False where the text is not fields.
  bool take(std::string_view text) {
    while (true) {
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      if (text.empty()) return true;
      const auto equals = text.find_first_of("= \"");
      if (equals == 0) return false;
      if (equals == text.npos || text[equals] != '=') {  // a word by itself, as "avc:"
        if (equals != text.npos && text[equals] == '"') return false;
        text.remove_prefix(std::min(equals, text.size()));
        continue;
      }
      Field field{text.substr(0, equals), {}, false};
      text.remove_prefix(equals + 1);
      if (!take_value(field, text) || count_ == fields_.size()) return false;
      if (find(field.key) == nullptr) fields_[count_++] = field;
    }
  }

  [[nodiscard]] const Field* find(std::string_view key) const {
    const auto end = fields_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto at =
        std::find_if(fields_.begin(), end, [&](const Field& one) { return one.key == key; });
    return at == end ? nullptr : &*at;
  }

  template <typename T>
  [[nodiscard]] std::optional<T> value(std::string_view key, int base = 10) const {
    const Field* field = find(key);
    if (field == nullptr || field->quoted) return std::nullopt;
    std::string_view text = field->value;
    if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
    return number<T>(text, base);
  }

  // What the kernel wrote of bytes that it does not trust: empty where it had none.
  [[nodiscard]] Untrusted untrusted(std::string_view key) const;
  [[nodiscard]] std::string word(std::string_view key) const {
    const Field* field = find(key);
    return field == nullptr ? std::string() : escape(field->value);
  }

 private:
  static bool take_value(Field& field, std::string_view& text) {
    field.quoted = text.starts_with('"');
    if (field.quoted) text.remove_prefix(1);
    const auto end = text.find(field.quoted ? '"' : ' ');
    if (field.quoted && end == text.npos) return false;
    field.value = text.substr(0, end);
    text.remove_prefix(std::min(field.value.size() + (field.quoted ? 1 : 0), text.size()));
    return field.quoted || field.value.find('"') == field.value.npos;
  }

  std::array<Field, most_fields> fields_{};
  std::size_t count_ = 0;
};

// Nothing where it is no hexadecimal of whole bytes.
std::optional<std::string> from_hex(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto byte = number<std::uint8_t>(text.substr(at, 2), 16);
    if (!byte) return std::nullopt;
    out.push_back(static_cast<char>(*byte));
  }
  return out;
}

Untrusted Fields::untrusted(std::string_view key) const {
  const Field* field = find(key);
  if (field == nullptr || (!field->quoted && field->value == "(null)")) return {};
  if (field->quoted) return Untrusted(field->value);
  auto bytes = from_hex(field->value);
  return bytes ? Untrusted(std::move(*bytes)) : Untrusted(field->value);
}

// "audit(1764257983.123:456): ", which is taken away.
bool take_stamp(std::string_view& text, Record& out) {
  constexpr std::string_view begin = "audit(", end = "):";
  if (!text.starts_with(begin)) return false;
  const auto close = text.find(end);
  if (close == text.npos) return false;
  const std::string_view stamp = text.substr(begin.size(), close - begin.size());
  const auto dot = stamp.find('.'), colon = stamp.find(':');
  if (dot == stamp.npos || colon == stamp.npos || colon != dot + 4) return false;
  const auto seconds = number<std::uint32_t>(stamp.substr(0, dot));
  const auto milli = number<std::uint16_t>(stamp.substr(dot + 1, 3));
  const auto serial = number<std::uint64_t>(stamp.substr(colon + 1));
  if (!seconds || !milli || !serial) return false;
  out.time = (std::int64_t{*seconds} * 1000 + *milli) * 1'000'000;
  out.serial = *serial;
  text.remove_prefix(close + end.size());
  return true;
}

std::optional<Seccomp> seccomp_of(const Fields& fields) {
  const auto arch = fields.value<std::uint32_t>("arch", 16);
  const auto call = fields.value<std::int64_t>("syscall");
  const auto code = fields.value<std::uint32_t>("code", 16);
  if (!arch || !call || !code) return std::nullopt;
  return Seccomp{*arch, *call, *code};
}

std::optional<AppArmor> apparmor_of(const Fields& fields) {
  const Field* answer = fields.find("apparmor");
  if (answer == nullptr || !answer->quoted) return std::nullopt;
  AppArmor out;
  out.answer = escape(answer->value);
  out.operation = fields.untrusted("operation");
  out.kind = fields.untrusted("class");
  out.profile = fields.untrusted("profile");
  out.info = fields.untrusted("info");
  out.name = fields.untrusted("name");
  const bool masks = fields.find("requested_mask") != nullptr;
  out.asked = fields.word(masks ? "requested_mask" : "requested");
  out.refused = fields.word(masks ? "denied_mask" : "denied");
  out.capability = fields.untrusted("capname");
  out.family = fields.untrusted("family");
  out.peer = fields.untrusted("peer");
  return out;
}

}  // namespace

std::optional<Record> parse(std::uint16_t type, std::string_view text) {
  if (type != type_seccomp && type != type_lsm) return std::nullopt;
  text = text.substr(0, text.find('\0'));  // the kernel ends some with one, and some not
  while (text.ends_with('\n')) text.remove_suffix(1);
  Record out;
  Fields fields;
  if (text.size() > longest_record || !take_stamp(text, out) || !fields.take(text))
    return std::nullopt;
  const auto pid = fields.value<std::uint32_t>("pid");
  if (!pid) return std::nullopt;
  out.pid = *pid;
  out.uid = fields.value<std::uint32_t>(type == type_seccomp ? "uid" : "fsuid");
  out.gid = fields.value<std::uint32_t>("gid");
  out.comm = fields.untrusted("comm");
  out.exe = fields.untrusted("exe");
  if (const Field* label = fields.find("subj")) out.label = Untrusted(label->value);
  if (type == type_seccomp) {
    const auto what = seccomp_of(fields);
    if (!what) return std::nullopt;
    out.what = *what;
  } else {
    auto what = apparmor_of(fields);
    if (!what) return std::nullopt;
    out.what = std::move(*what);
  }
  return out;
}

}  // namespace glacis::audit
