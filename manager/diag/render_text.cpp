// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "manager/base/escape.h"
#include "manager/diag/excerpt.h"
#include "manager/diag/render.h"

namespace glacis::diag {
namespace {

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view blue = "\x1b[1;34m";
constexpr std::string_view plain = "\x1b[0m";

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\x1b[1;31m";
    case Severity::warning:
      return "\x1b[1;33m";
    case Severity::note:
      break;
  }
  return "\x1b[1;36m";
}

// Messages name things out of files; whoever made one may have forgotten to
// escape, so it is done once more here. Backslashes stay: doubling them again
// would change what was escaped already.
std::string safe(std::string_view text) { return escape(text, Backslash::keep); }

class TextRenderer {
 public:
  TextRenderer(const Diagnostic& diagnostic, const SourceSet& sources, Colour colour)
      : diagnostic_(diagnostic), sources_(sources), colour_(colour) {}

  std::string render() {
    head();
    labels();
    for (const std::string& note : diagnostic_.notes) trailer("note", note);
    if (!diagnostic_.help.empty()) trailer("help", diagnostic_.help);
    return std::move(out_);
  }

 private:
  std::string paint(std::string_view colour, std::string_view text) const {
    return colour_ == Colour::on ? fmt::format("{}{}{}", colour, text, plain) : std::string(text);
  }

  void head() {
    const std::string tag =
        fmt::format("{}[{}]", word(diagnostic_.severity), describe(diagnostic_.code).name);
    out_ += fmt::format("{}: {}\n", paint(colour_of(diagnostic_.severity), tag),
                        paint(bold, safe(diagnostic_.message)));
  }

  // Labels in the file of the primary one first, then those of other files,
  // each file under a line that names it.
  void labels() {
    const Label* primary = diagnostic_.primary();
    if (primary == nullptr) return;
    for (const Label& label : diagnostic_.labels) {
      gutter_ = std::max(gutter_, std::to_string(label.span.line).size());
    }
    group(*primary, "-->");
    std::vector<std::uint32_t> seen = {primary->span.file};
    for (const Label& label : diagnostic_.labels) {
      if (std::find(seen.begin(), seen.end(), label.span.file) != seen.end()) continue;
      seen.push_back(label.span.file);
      group(label, ":::");
    }
  }

  void group(const Label& first, std::string_view arrow) {
    const std::uint32_t file = first.span.file;
    out_ +=
        fmt::format("{:{}}{} {}\n", "", gutter_, paint(blue, arrow), sources_.place(first.span));
    std::vector<const Label*> lines;
    const Source* source = sources_.find(file);
    for (const Label& label : diagnostic_.labels) {
      const bool shown = source != nullptr && label.span.file == file && label.span.line != 0 &&
                         label.span.line <= source->line_count() && !source->text().empty();
      if (shown) lines.push_back(&label);
    }
    if (lines.empty()) return;
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Label* a, const Label* b) { return a->span.line < b->span.line; });
    out_ += bar("") + "\n";
    std::uint32_t last = 0;
    for (const Label* label : lines) {
      mark(*label, *source, label->span.line != last);
      last = label->span.line;
    }
  }

  std::string bar(std::string_view number) const {
    return paint(blue, fmt::format("{:>{}} |", number, gutter_));
  }

  void mark(const Label& label, const Source& source, bool with_line) {
    const Excerpt shown = excerpt(source.line(label.span.line), label.span.column, label.span.end);
    if (with_line) {
      out_ += fmt::format("{} {}\n", bar(std::to_string(label.span.line)), shown.text);
    }
    const std::string under(shown.width, label.primary ? '^' : '~');
    const std::string text = label.text.empty() ? "" : " " + safe(label.text);
    out_ +=
        fmt::format("{} {:{}}{}\n", bar(""), "", shown.indent,
                    paint(label.primary ? colour_of(diagnostic_.severity) : blue, under + text));
  }

  void trailer(std::string_view kind, std::string_view text) {
    out_ += fmt::format("{:{}} {} {}: {}\n", "", gutter_, paint(blue, "="), paint(bold, kind),
                        safe(text));
  }

  const Diagnostic& diagnostic_;
  const SourceSet& sources_;
  Colour colour_;
  std::size_t gutter_ = 1;
  std::string out_;
};

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

std::string render_one(const Diagnostic& diagnostic, const SourceSet& sources, Colour colour) {
  return TextRenderer(diagnostic, sources, colour).render();
}

std::string render_text(const Diagnostics& diagnostics, const SourceSet& sources, Colour colour) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    out += render_one(diagnostic, sources, colour);
  }
  if (diagnostics.not_kept() != 0) {
    out += fmt::format("{} more are not shown\n", diagnostics.not_kept());
  }
  return out;
}

std::string render_concise(const Diagnostics& diagnostics, const SourceSet& sources) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const Label* label = diagnostic.primary();
    const std::string place = label == nullptr ? "glacis" : sources.place(label->span);
    out += fmt::format("{}: {}[{}]: {}\n", place, word(diagnostic.severity),
                       describe(diagnostic.code).name, safe(diagnostic.message));
  }
  return out;
}

std::string summary(const Diagnostics& diagnostics, const std::string& subject) {
  std::string counts;
  const auto append = [&](std::size_t number, std::string_view noun) {
    if (number == 0) return;
    if (!counts.empty()) counts += ", ";
    counts += counted(number, noun);
  };
  append(diagnostics.errors(), "error");
  append(diagnostics.warnings(), "warning");
  append(diagnostics.notes(), "note");
  return fmt::format("{}: {}", escape(subject), counts.empty() ? "no findings" : counts);
}

std::string render_code(const CodeInfo& info) {
  std::string out = fmt::format("{} ({}): {}\n\n", info.name, word(info.severity), info.title);
  std::size_t column = 0;
  std::string_view rest = info.explanation;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(' '), rest.size());
    if (column != 0 && column + 1 + length > 80) {
      out += '\n';
      column = 0;
    }
    if (column != 0) out += ' ';
    out += rest.substr(0, length);
    column += length + (column != 0 ? 1 : 0);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return out + "\n";
}

}  // namespace glacis::diag
