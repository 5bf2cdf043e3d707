// SPDX-License-Identifier: Apache-2.0
// The same diagnostics for people (carets), for machines (one JSON object) and
// for editors and grep (one line each). All bytes that came from a file are
// escaped, whatever the form.
#pragma once

#include <string>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"

namespace glacis::diag {

enum class Colour { off, on };

[[nodiscard]] std::string render_text(const Diagnostics& diagnostics, const SourceSet& sources,
                                      Colour colour = Colour::off);
[[nodiscard]] std::string render_one(const Diagnostic& diagnostic, const SourceSet& sources,
                                     Colour colour = Colour::off);

// "nginx.toml:41:9: error[GL204]: this rule can never take effect", one a line.
[[nodiscard]] std::string render_concise(const Diagnostics& diagnostics, const SourceSet& sources);

// Schema glacis.diagnostics/1; ends with a newline.
[[nodiscard]] std::string render_json(const Diagnostics& diagnostics, const SourceSet& sources);

// "nginx.toml: 1 error, 2 warnings", "nginx.toml: no findings".
[[nodiscard]] std::string summary(const Diagnostics& diagnostics, const std::string& subject);

// What `glacis explain GL204` prints.
[[nodiscard]] std::string render_code(const CodeInfo& info);

}  // namespace glacis::diag
