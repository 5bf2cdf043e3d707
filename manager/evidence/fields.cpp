// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/fields.h"

#include <fmt/format.h>

#include "manager/base/escape.h"

namespace glacis::evidence {

const Json& member(const Json& of, const char* key) {
  static const Json none;
  if (!of.is_object()) return none;
  const auto at = of.find(key);
  return at == of.end() ? none : *at;
}

std::optional<std::string> text_of(const Json& of, const char* key) {
  const Json& value = member(of, key);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::optional<std::uint64_t> number_of(const Json& of, const char* key) {
  const Json& value = member(of, key);
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::string shown(const Json& value) {
  if (value.is_string()) {
    const auto text = escape(value.get_ref<const std::string&>(), Backslash::keep);
    return text.empty() ? "-" : text;
  }
  if (value.is_number_unsigned()) return fmt::format("{}", value.get<std::uint64_t>());
  if (value.is_number_integer()) return fmt::format("{}", value.get<std::int64_t>());
  return "-";
}

std::string shown(const Json& of, const char* key) { return shown(member(of, key)); }

std::string shown_list(const Json& of, const char* key, const char* between) {
  const Json& list = member(of, key);
  std::string out;
  if (list.is_array())
    for (const Json& entry : list) out += (out.empty() ? "" : between) + shown(entry);
  return out.empty() ? "-" : out;
}

}  // namespace glacis::evidence
