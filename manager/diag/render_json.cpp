// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "manager/base/escape.h"
#include "manager/diag/render.h"

namespace glacis::diag {
namespace {

using Json = nlohmann::ordered_json;

Json label_json(const Label& label, const SourceSet& sources) {
  const Source* source = sources.find(label.span.file);
  Json json;
  json["primary"] = label.primary;
  json["file"] = source == nullptr ? "" : escape(source->path());
  json["line"] = label.span.line;
  json["column"] = label.span.column;
  json["end"] = label.span.end;
  json["text"] = escape(label.text, Backslash::keep);
  return json;
}

Json diagnostic_json(const Diagnostic& diagnostic, const SourceSet& sources) {
  const CodeInfo& info = describe(diagnostic.code);
  Json json;
  json["code"] = info.name;
  json["severity"] = word(diagnostic.severity);
  json["title"] = info.title;
  json["message"] = escape(diagnostic.message, Backslash::keep);
  json["labels"] = Json::array();
  for (const Label& label : diagnostic.labels) json["labels"].push_back(label_json(label, sources));
  json["notes"] = Json::array();
  for (const std::string& note : diagnostic.notes) {
    json["notes"].push_back(escape(note, Backslash::keep));
  }
  json["help"] = escape(diagnostic.help, Backslash::keep);
  return json;
}

}  // namespace

std::string render_json(const Diagnostics& diagnostics, const SourceSet& sources) {
  Json json;
  json["schema"] = "glacis.diagnostics/1";
  json["errors"] = diagnostics.errors();
  json["warnings"] = diagnostics.warnings();
  json["notes"] = diagnostics.notes();
  json["not_kept"] = diagnostics.not_kept();
  json["diagnostics"] = Json::array();
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    json["diagnostics"].push_back(diagnostic_json(diagnostic, sources));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace glacis::diag
