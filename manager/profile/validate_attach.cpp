// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "lsm/abi/attach.h"
#include "manager/base/attach.h"
#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::array<std::string_view, 4> unit_kinds = {".service", ".scope", ".slice", ".socket"};

void check_unit(const Text& unit, diag::Diagnostics& diagnostics) {
  const std::string& name = unit.value;
  bool good = false;
  for (const std::string_view kind : unit_kinds) {
    good = good || (name.size() > kind.size() && name.ends_with(kind));
  }
  if (cgroup_of_unit(name).size() > GL_ATTACH_NAME_MAX) {
    diagnostics
        .add(Code::GL115,
             fmt::format("a unit that attaches has a name of at most {} bytes", GL_ATTACH_NAME_MAX))
        .at(unit.span);
    return;
  }
  if (good && name.find('/') == std::string::npos && escape(name, Backslash::keep) == name) return;
  diagnostics.add(Code::GL115, fmt::format("`{}` is not a unit's name", Untrusted(name)))
      .at(unit.span)
      .suggest("write it with its kind, such as \"nginx.service\"");
}

void oci(Fields& attach, Document& document, diag::Diagnostics& diagnostics) {
  const Node* table = as_table(attach.find("oci"), "oci = { annotation = \"...\" }", diagnostics);
  if (table == nullptr) return;
  document.attach.oci_span = attach.find("oci")->span;
  Fields fields(*table, "attach.oci", {"annotation"}, diagnostics);
  document.attach.oci = fields.strings("annotation");
  if (fields.find("annotation") == nullptr) {
    diagnostics.add(Code::GL108, "attach.oci has no annotation").at(table->span);
  }
  for (const Text& text : document.attach.oci) {
    const std::size_t equals = text.value.find('=');
    if (equals != std::string::npos && equals > 0) continue;
    diagnostics.add(Code::GL115, fmt::format("`{}` is not an annotation", Untrusted(text.value)))
        .at(text.span)
        .suggest("write key=value, such as \"org.glacis.profile=nginx\"");
  }
}

void check_user(const Text& user, diag::Diagnostics& diagnostics) {
  const std::string& name = user.value;
  const bool good = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '$';
  });
  if (good && name != "root" && name.find_first_not_of('0') != std::string::npos) return;
  diagnostics
      .add(Code::GL115, good ? "root attaches to no profile as a user"
                             : fmt::format("`{}` is not a user's name", Untrusted(name)))
      .at(user.span)
      .suggest("write a user's name or number, such as \"www-data\"");
}

// One [[attach.control]]: commands of a unit beside its main one.
void control(const Node& table, Document& document, diag::Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> targets = {"profile", "unconfined"};
  Fields fields(table, "[[attach.control]]", {"path", "to"}, diagnostics);
  std::vector<Text> paths = fields.strings("path");
  const auto to = fields.choice("to", targets);
  for (const std::string_view key : {"path", "to"}) {
    if (fields.find(key) != nullptr || fields.has_unknown()) continue;
    diagnostics.add(Code::GL214, fmt::format("this [[attach.control]] has no `{}`", key))
        .at(table.span)
        .suggest(key == "path" ? "add path = [\"/usr/bin/program\"]"
                               : "add to = \"profile\", or \"unconfined\"");
  }
  std::vector<Text>& list = to.value_or(0) == 0 ? document.attach.inside : document.attach.outside;
  std::ranges::move(paths, std::back_inserter(list));
}

// A program can't be both told to enter and to stay outside.
void contradictions(const AttachTable& attach, diag::Diagnostics& diagnostics) {
  for (const Text& out : attach.outside) {
    for (const std::vector<Text>* list : {&attach.exec, &attach.inside}) {
      const auto in = std::ranges::find(*list, out.value, &Text::value);
      if (in == list->end()) continue;
      diagnostics
          .add(Code::GL215,
               fmt::format("`{}` enters the domain and stays outside it", Untrusted(out.value)))
          .at(out.span)
          .also(in->span)
          .suggest("remove one of the two");
    }
  }
}

}  // namespace

void validate_attach(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Entry* entry = tree.find("attach");
  const Node* table = as_table(entry, "[attach]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[attach]", {"exec", "unit", "user", "oci", "control"}, diagnostics);
  AttachTable& attach = document.attach;
  attach.exec = fields.strings("exec");
  attach.unit = fields.strings("unit");
  for (const Text& unit : attach.unit) check_unit(unit, diagnostics);
  attach.user = fields.strings("user");
  for (const Text& user : attach.user) check_user(user, diagnostics);
  oci(fields, document, diagnostics);
  for (const Node* each : as_tables(fields.find("control"), "[[attach.control]]", diagnostics))
    control(*each, document, diagnostics);
  contradictions(attach, diagnostics);
  if (const Entry* stray = fields.find("control");
      stray != nullptr && attach.unit.empty() && attach.user.empty()) {
    diagnostics.add(Code::GL214, "[[attach.control]] is about the commands of a unit or user")
        .at(stray->span)
        .suggest("add unit = [\"name.service\"] to [attach], or remove it");
  }
}

}  // namespace glacis::profile
