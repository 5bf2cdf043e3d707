// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/exception.h"

#include <fmt/format.h>

#include <optional>

#include "manager/base/escape.h"
#include "manager/evidence/fields.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/shape.h"

namespace glacis::learn {
namespace {

using evidence::Json;
using evidence::member;
using evidence::number_of;
using evidence::text_of;

std::unexpected<Error> refuse(std::string what, std::string next = {}) {
  return fail(Exit::usage, std::move(what), std::move(next), "nothing was written");
}

// The key that names what was refused, and nothing beside it.
std::optional<std::string> subject_of(const Json& record) {
  const Json& object = member(record, "object");
  const auto kind = text_of(object, "kind");
  if (kind == "file") {
    const auto escaped = text_of(object, "path");
    const auto path = escaped ? unescape(*escaped) : std::nullopt;
    const auto ending = text_of(object, "ending");
    if (!path || !path->starts_with('/') || (ending && *ending != "rooted") ||
        member(object, "path_cut") == true)
      return std::nullopt;
    return fmt::format("path = {}\n", toml_string(glob_quoted(*path)));
  }
  constexpr std::string_view klass = "capability.";
  const Json& blockers = member(record, "blockers");
  if (kind != "capability" || !blockers.is_array() || blockers.size() != 1 ||
      !blockers[0].is_string() || !blockers[0].get_ref<const std::string&>().starts_with(klass))
    return std::nullopt;
  return fmt::format("capability = {}\n",
                     toml_string(blockers[0].get<std::string>().substr(klass.size())));
}

}  // namespace

Result<std::string> exception_text(const nlohmann::ordered_json& record, std::string_view profile,
                                   const Reviewed& by) {
  if (text_of(record, "domain") != profile || text_of(record, "verdict") != "denied")
    return refuse(
        fmt::format("this record is no refusal of `{}`", escape(profile, Backslash::keep)),
        "glacis evidence list");
  if (text_of(record, "grade") == "compromise")
    return refuse("a refusal that is graded compromise is never benign",
                  "glacis evidence show shows why");
  const auto hook = text_of(record, "hook");
  const auto subject = subject_of(record);
  if (!hook || !subject)
    return refuse("only refusals of a file by its path, or of a capability, can be excepted",
                  "write a [[benign]] entry by hand");
  return fmt::format(
      "\n# Record {} of {}.\n[[benign]]\nhook = {}\n{}owner = {}\nreason = {}\nexpires = {}\n",
      number_of(record, "seq").value_or(0), escape(text_of(record, "time").value_or("-")),
      toml_string(*hook), *subject, toml_string(by.owner), toml_string(by.reason),
      toml_string(by.until));
}

}  // namespace glacis::learn
