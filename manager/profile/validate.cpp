// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lsm/abi/image.h"
#include "manager/base/escape.h"
#include "manager/base/peer.h"
#include "manager/profile/fields.h"
#include "manager/profile/variables.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::int64_t schema_version = 1;

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::abstraction:
      return "an abstraction";
    case Layer::profile:
      return "a profile";
    case Layer::drop_in:
      return "a drop-in";
  }
  return "a file";
}

diag::Span start_of_file(std::uint32_t file) { return {file, 1, 1, 1}; }

void check_schema(const Node& tree, std::uint32_t file, diag::Diagnostics& diagnostics) {
  const Entry* schema = tree.find("schema");
  if (schema == nullptr) {
    diagnostics.add(Code::GL108, "the schema version is missing")
        .at(start_of_file(file))
        .suggest("begin the file with: schema = 1");
  } else if (schema->value.kind != Kind::integer) {
    diagnostics
        .add(Code::GL107,
             fmt::format("`schema` wants the number 1, not {}", with_article(schema->value.kind)))
        .at(schema->value.span);
  } else if (schema->value.integer != schema_version) {
    diagnostics.add(Code::GL109, fmt::format("schema {} is not known", schema->value.integer))
        .at(schema->value.span)
        .suggest("this version of Glacis reads schema = 1");
  }
}

void check_include(const Text& include, Document& document, diag::Diagnostics& diagnostics) {
  const std::string& name = include.value;
  const std::string framed = "/" + name + "/";
  const bool good = !name.empty() && name.front() != '/' && name.back() != '/' &&
                    framed.find("/../") == std::string::npos &&
                    framed.find("/./") == std::string::npos &&
                    framed.find("//") == std::string::npos && escape(name) == name;
  if (good) {
    document.includes.push_back(include);
    return;
  }
  diagnostics.add(Code::GL113, fmt::format("malformed include `{}`", Untrusted(name)))
      .at(include.span)
      .suggest("write a name below the folders searched, such as \"abstractions/base\"");
}

void validate_variables(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Node* table = as_table(tree.find("vars"), "[vars]", diagnostics);
  if (table == nullptr) return;
  for (const Entry& entry : table->entries) {
    Variable variable{{entry.key, entry.span, false}, {}};
    if (entry.key == "self") {
      diagnostics.add(Code::GL114, "the variable `self` is reserved")
          .at(entry.span)
          .suggest("choose another name");
      continue;
    }
    if (!is_variable_name(entry.key)) {
      diagnostics
          .add(Code::GL211, fmt::format("`{}` is not a variable's name", Untrusted(entry.key)))
          .at(entry.span)
          .suggest("use letters, digits, '_' and '-', and begin with a letter or '_'");
      continue;
    }
    Node single;
    single.entries.push_back(entry);
    Fields fields(single, "[vars]", {entry.key}, diagnostics);
    variable.values = fields.strings(entry.key);
    // Also a definition that failed counts as one, so that its uses are not
    // reported as well.
    if (variable.values.empty()) variable.values.push_back({"/", entry.value.span, false});
    document.variables.push_back(std::move(variable));
  }
}

// Tables that only a profile may have are reported as such, not as unknown.
void check_top(const Node& tree, Layer layer, diag::Diagnostics& diagnostics) {
  Fields fields(tree, "the file",
                {"schema", "include", "profile", "attach", "vars", "exec", "file", "net", "process",
                 "capability", "memory", "kernel", "syscalls", "benign"},
                diagnostics);
  if (layer != Layer::abstraction) return;
  for (const std::string_view key : {"profile", "attach", "benign"}) {
    const Entry* entry = tree.find(key);
    if (entry == nullptr) continue;
    diagnostics.add(Code::GL110, fmt::format("[{}] is not allowed in {}", key, name_of(layer)))
        .at(entry->span)
        .suggest("move it to the profile that includes this file");
  }
}

void check_name(const Text& name, diag::Diagnostics& diagnostics) {
  const bool word = is_peer_word(name.value) || name.value == stays;
  if (is_profile_name(name.value) && !word) return;
  auto& bad = diagnostics.add(
      Code::GL115, fmt::format("`{}` cannot be a profile's name", Untrusted(name.value)));
  bad.at(name.span).suggest(
      word ? "rules about other profiles have that word; choose another name"
           : fmt::format("use at most {} letters, digits, '.', '_' and '-', and begin with a "
                         "letter, a digit or '_'",
                         longest_profile_name));
}

}  // namespace

void validate_settings(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Entry* entry = tree.find("profile");
  if (entry == nullptr && document.layer == Layer::profile) {
    diagnostics.add(Code::GL108, "the table [profile] is missing")
        .at(start_of_file(document.file))
        .suggest("add [profile] with name = \"...\"");
  }
  const Node* table = as_table(entry, "[profile]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[profile]",
                {"name", "description", "mode", "on_violation", "kill_after", "on_error",
                 "on_inherited", "on_evidence_failure", "backend", "owner", "severity", "runbook"},
                diagnostics);
  Settings& settings = document.settings;
  settings.name = fields.string("name");
  settings.description = fields.string("description");
  settings.owner = fields.string("owner");
  settings.runbook = fields.string("runbook");
  if (const auto choice = fields.choice("severity", severity_words()))
    settings.severity = severity_words()[*choice];

  constexpr std::array<std::string_view, 3> modes = {"observe", "audit", "enforce"};
  constexpr std::array mode_values = {GL_MODE_OBSERVE, GL_MODE_AUDIT, GL_MODE_ENFORCE};
  constexpr std::array<std::string_view, 2> violations = {"deny", "kill"};
  constexpr std::array<std::string_view, 2> errors = {"deny", "allow"};
  if (const auto mode = fields.choice("mode", modes)) settings.mode = mode_values[*mode];
  if (const auto choice = fields.choice("on_violation", violations)) {
    settings.on_violation = *choice == 0 ? OnViolation::deny : OnViolation::kill;
  }
  if (const auto most = fields.integer("kill_after")) {
    if (*most < 1 || *most > GL_IMAGE_KILL_AFTER_MAX) {
      diagnostics.add(Code::GL115, "kill_after is a number of refusals within a minute")
          .at(fields.find("kill_after")->value.span)
          .suggest(fmt::format("1 to {}", GL_IMAGE_KILL_AFTER_MAX));
    } else {
      settings.kill_after = static_cast<std::uint32_t>(*most);
    }
  }
  if (const auto choice = fields.choice("on_error", errors)) {
    settings.on_error = *choice == 0 ? OnError::deny : OnError::allow;
  }

  constexpr std::array<std::string_view, 2> inherited = {"deny", "report"};
  if (const auto choice = fields.choice("on_inherited", inherited)) {
    settings.on_inherited = *choice == 0 ? OnInherited::deny : OnInherited::report;
  }
  if (const auto choice = fields.choice("backend", layers_words))
    settings.backend = static_cast<Layers>(*choice);
  if (const auto choice = fields.choice("on_evidence_failure", evidence_failure_words))
    settings.on_evidence_failure = static_cast<OnEvidenceFailure>(*choice);

  if (document.layer == Layer::drop_in && settings.name) {
    diagnostics.add(Code::GL110, "a drop-in does not name the profile")
        .at(table->find("name")->span)
        .suggest("remove the key; the drop-in belongs to the profile beside its folder");
  } else if (document.layer == Layer::profile && table->find("name") == nullptr) {
    diagnostics.add(Code::GL108, "the profile has no name")
        .at(entry->span)
        .suggest("add: name = \"...\"");
  }
  if (!settings.name) return;
  check_name(*settings.name, diagnostics);
}

bool is_profile_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= longest_profile_name && name.front() != '.' &&
         name.front() != '-' && std::all_of(name.begin(), name.end(), allowed);
}

Document validate(const Node& tree, Layer layer, std::uint32_t file,
                  diag::Diagnostics& diagnostics) {
  Document document;
  document.layer = layer;
  document.file = file;
  check_top(tree, layer, diagnostics);
  check_schema(tree, file, diagnostics);
  {
    Node includes;
    if (const Entry* entry = tree.find("include")) includes.entries.push_back(*entry);
    Fields fields(includes, "the file", {"include"}, diagnostics);
    for (const Text& include : fields.strings("include")) {
      check_include(include, document, diagnostics);
    }
  }
  if (layer != Layer::abstraction) {
    validate_settings(tree, document, diagnostics);
    validate_attach(tree, document, diagnostics);
    validate_benign(tree, document, diagnostics);
  }
  validate_variables(tree, document, diagnostics);
  validate_exec(tree, document, diagnostics);
  validate_files(tree, document, diagnostics);
  validate_nets(tree, document, diagnostics);
  validate_processes(tree, document, diagnostics);
  validate_grants(tree, document, diagnostics);
  validate_syscalls(tree, document, diagnostics);
  return document;
}

}  // namespace glacis::profile
