// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/config.h"

#include <fmt/format.h>

#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/parse.h"

namespace glacis::daemon {
namespace {

using diag::Code;
using profile::Fields;
using profile::Node;

constexpr std::array<std::string_view, 2> no_lsm_words = {"fail", "report"};

void check_schema(const Node& tree, std::uint32_t file, diag::Diagnostics& diagnostics) {
  const profile::Entry* schema = tree.find("schema");
  if (schema == nullptr) {
    diagnostics.add(Code::GL108, "the schema version is missing")
        .at({file, 1, 1, 1})
        .suggest("begin the file with: schema = 1");
  } else if (schema->value.kind != profile::Kind::integer || schema->value.integer != 1) {
    diagnostics.add(Code::GL109, "this schema is not known")
        .at(schema->value.span)
        .suggest("this version of Glacis reads schema = 1");
  }
}

std::optional<Account> account(const profile::Text& text, diag::Diagnostics& diagnostics) {
  for (const auto& [kind, group] : {std::pair{"user:", false}, std::pair{"group:", true}}) {
    const std::string_view prefix = kind;
    if (!text.value.starts_with(prefix)) continue;
    std::string name = text.value.substr(prefix.size());
    if (!name.empty() && escape(name) == name) return Account{group, std::move(name)};
  }
  diagnostics.add(Code::GL115, fmt::format("`{}` names no account", Untrusted(text.value)))
      .at(text.span)
      .suggest("write \"user:NAME\" or \"group:NAME\"");
  return std::nullopt;
}

void read_daemon(const Node& tree, Config& out, diag::Diagnostics& diagnostics) {
  const Node* table = profile::as_table(tree.find("daemon"), "[daemon]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[daemon]", {"on_no_lsm"}, diagnostics);
  if (const auto choice = fields.choice("on_no_lsm", no_lsm_words))
    out.on_no_lsm = static_cast<OnNoLsm>(*choice);
}

void read_roles(const Node& tree, Config& out, diag::Diagnostics& diagnostics) {
  const Node* table = profile::as_table(tree.find("roles"), "[roles]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[roles]", {"viewer", "operator", "admin"}, diagnostics);
  for (const Role role : {Role::viewer, Role::operator_, Role::admin})
    for (const profile::Text& text : fields.strings(word(role)))
      if (auto one = account(text, diagnostics))
        out.roles[static_cast<std::size_t>(role)].push_back(std::move(*one));
}

}  // namespace

std::optional<Config> parse_config(std::string path, std::string text,
                                   diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
  const std::uint32_t file = sources.add(std::move(path), std::move(text));
  const auto tree = profile::parse(sources, file, diagnostics);
  if (!tree) return std::nullopt;
  Config out;
  check_schema(*tree, file, diagnostics);
  const Fields top(*tree, "the file", profile::host_tables, diagnostics);
  read_daemon(*tree, out, diagnostics);
  read_roles(*tree, out, diagnostics);
  diagnostics.sort();
  if (diagnostics.failed()) return std::nullopt;
  return out;
}

}  // namespace glacis::daemon
