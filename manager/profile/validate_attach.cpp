// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

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
  if (good && name.find('/') == std::string::npos && escape(name) == name) return;
  diagnostics.add(Code::GL115, fmt::format("`{}` is not a unit's name", Untrusted(name)))
      .at(unit.span)
      .suggest("write it with its kind, such as \"nginx.service\"");
}

void oci(Fields& attach, Document& document, diag::Diagnostics& diagnostics) {
  const Node* table = as_table(attach.find("oci"), "oci = { annotation = \"...\" }", diagnostics);
  if (table == nullptr) return;
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

}  // namespace

void validate_attach(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Entry* entry = tree.find("attach");
  const Node* table = as_table(entry, "[attach]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[attach]", {"exec", "unit", "oci", "control"}, diagnostics);
  document.attach.span = entry->span;
  document.attach.exec = fields.strings("exec");
  document.attach.unit = fields.strings("unit");
  for (const Text& unit : document.attach.unit) check_unit(unit, diagnostics);
  oci(fields, document, diagnostics);
  if (const Entry* control = fields.find("control")) {
    diagnostics.add(Code::GL114, "[[attach.control]] is not supported yet")
        .at(control->span)
        .suggest("remove it; control commands of a unit stay outside the domain in this version");
  }
}

}  // namespace glacis::profile
