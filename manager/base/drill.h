// SPDX-License-Identifier: Apache-2.0
// The name of the domain in which a drill plays an attack. No profile can have
// such a name (a profile's has no `@`), so that no profile makes its refusals pass
// for a drill's; and the name says whether owners are to be told, so that whoever
// reads a record needs nothing besides.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace glacis {

struct DrillName {
  std::string profile;  // whose copy it is
  bool notify = false;  // owners are told
};

inline constexpr std::string_view drill_mark = "@drill";
inline constexpr std::string_view drill_mark_notify = "@drill-notify";

[[nodiscard]] inline std::string drill_domain(const DrillName& of) {
  return of.profile + std::string(of.notify ? drill_mark_notify : drill_mark);
}

// None where it is no drill's domain.
[[nodiscard]] inline std::optional<DrillName> drill_of(std::string_view domain) {
  const auto at = domain.find('@');
  if (at == 0 || at == std::string_view::npos) return std::nullopt;
  const auto mark = domain.substr(at);
  if (mark != drill_mark && mark != drill_mark_notify) return std::nullopt;
  return DrillName{std::string(domain.substr(0, at)), mark == drill_mark_notify};
}

}  // namespace glacis
