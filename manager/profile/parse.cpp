// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/parse.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/toml.h"
#include "manager/profile/screen.h"

namespace glacis::profile {
namespace {

// toml++ counts columns in characters, spans count bytes.
class Places {
 public:
  Places(const diag::Source& source, std::uint32_t file)
      : source_(source),
        file_(file),
        ascii_(std::all_of(source.text().begin(), source.text().end(),
                           [](unsigned char c) { return c < 0x80; })) {}

  [[nodiscard]] bool ascii() const { return ascii_; }

  // The source has a character beyond ASCII there.
  [[nodiscard]] bool is_beyond_ascii(const diag::Span& span) const {
    const std::string_view line = source_.line(span.line);
    return span.column != 0 && span.column <= line.size() &&
           static_cast<unsigned char>(line[span.column - 1]) >= 0x80;
  }

  [[nodiscard]] diag::Span span(const toml::source_region& region) const {
    diag::Span span{file_, region.begin.line, byte_column(region.begin), 0};
    const auto line_end = static_cast<std::uint32_t>(source_.line(span.line).size() + 1);
    span.end = region.end.line == region.begin.line ? byte_column(region.end) : line_end;
    span.end = std::max(span.end, span.column + 1);
    return span;
  }

 private:
  [[nodiscard]] std::uint32_t byte_column(const toml::source_position& position) const {
    if (ascii_ || position.column == 0) return position.column;
    const std::vector<std::uint32_t>& columns = columns_of(position.line);
    return columns[std::min<std::size_t>(position.column, columns.size()) - 1];
  }

  // The byte column of each character of a line and of its end. Kept, since a
  // line may be as long as the file and hold as many values.
  [[nodiscard]] const std::vector<std::uint32_t>& columns_of(std::uint32_t number) const {
    std::vector<std::uint32_t>& columns = columns_[number];
    if (!columns.empty()) return columns;
    const std::string_view line = source_.line(number);
    for (std::size_t at = 0; at < line.size(); ++at) {
      const bool continues = (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80;
      if (!continues) columns.push_back(static_cast<std::uint32_t>(at + 1));
    }
    columns.push_back(static_cast<std::uint32_t>(line.size() + 1));
    return columns;
  }

  const diag::Source& source_;
  std::uint32_t file_;
  bool ascii_;
  mutable std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> columns_;
};

class Converter {
 public:
  explicit Converter(const Places& places) : places_(places) {}

  Node convert(const toml::node& from) {
    Node to;
    to.span = places_.span(from.source());
    if (const auto* value = from.as_table()) {
      table(*value, to);
    } else if (const auto* list = from.as_array()) {
      to.kind = Kind::array;
      to.items.reserve(list->size());
      for (const toml::node& item : *list) to.items.push_back(convert(item));
    } else {
      scalar(from, to);
    }
    return to;
  }

 private:
  void table(const toml::table& from, Node& to) {
    to.kind = Kind::table;
    to.entries.reserve(from.size());
    for (const auto& [key, value] : from) {
      to.entries.push_back({std::string(key.str()), places_.span(key.source()), convert(value)});
    }
    // toml++ sorts tables by name.
    std::stable_sort(to.entries.begin(), to.entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.span.line, a.span.column) < std::pair(b.span.line, b.span.column);
    });
  }

  static void scalar(const toml::node& from, Node& to) {
    if (const auto* string = from.as_string()) {
      to.kind = Kind::string;
      to.text = string->get();
      const bool one_line = from.source().begin.line == from.source().end.line;
      to.plain = one_line && to.span.end - to.span.column == to.text.size() + 2;
    } else if (const auto* integer = from.as_integer()) {
      to.kind = Kind::integer;
      to.integer = integer->get();
    } else if (const auto* boolean = from.as_boolean()) {
      to.kind = Kind::boolean;
      to.boolean = boolean->get();
    } else {
      to.kind = from.is_floating_point() ? Kind::floating : Kind::datetime;
    }
  }

  const Places& places_;
};

struct Reworded {
  std::string_view from;
  std::string_view to;
  std::string_view help;
};

// What toml++ says in terms of its grammar, in terms of what was probably done.
constexpr Reworded reworded[] = {
    {"unescaped control characters other than TAB", "the string is not closed on its line", ""},
    {"unknown escape sequence", "",
     "between single quotes a backslash stands for itself; between double quotes write two"},
    {"encountered end-of-file", "the file ends in the middle of it", ""},
    {"expected value, saw '\\n'", "the value is missing", ""},
};

// "Error while parsing string: unknown escape sequence" in two halves.
void report(const toml::parse_error& error, const Places& places, diag::Diagnostics& diagnostics) {
  std::string_view text = error.description();
  std::string_view during;
  constexpr std::string_view start = "Error while parsing ";
  const std::size_t colon = text.find(": ");
  if (text.starts_with(start) && colon != std::string_view::npos) {
    during = text.substr(start.size(), colon - start.size());
    text.remove_prefix(colon + 2);
  }
  const bool twice = text.find("redefine") != std::string_view::npos ||
                     text.find("into existing") != std::string_view::npos;
  std::string message = escape(text, Backslash::keep);
  if (!message.empty() && message[0] == 'E') message[0] = 'e';
  std::string help = twice ? "merge the two, or remove one" : "";
  for (const Reworded& entry : reworded) {
    if (text.find(entry.from) == std::string_view::npos) continue;
    if (!entry.to.empty()) message = entry.to;
    help = entry.help;
  }
  const diag::Span span = places.span(error.source());
  // What the reader saw there is what screen() put in its place.
  if (places.is_beyond_ascii(span) && text.find("utf-8") == std::string_view::npos) {
    message = "a character beyond ASCII stands outside strings and comments";
    help = "write it between quotes";
  }
  diagnostics
      .add(twice ? diag::Code::GL102 : diag::Code::GL101,
           twice ? message : "not valid TOML: " + message)
      .at(span, during.empty() ? "here" : "while parsing " + std::string(during))
      .suggest(std::move(help));
}

}  // namespace

std::string_view with_article(Kind kind) {
  switch (kind) {
    case Kind::table:
      return "a table";
    case Kind::array:
      return "a list";
    case Kind::string:
      return "a string";
    case Kind::integer:
      return "a number";
    case Kind::floating:
      return "a number with a fraction";
    case Kind::boolean:
      return "true or false";
    case Kind::datetime:
      return "a date or time";
  }
  return "a value";
}

diag::Span part(const Text& text, std::size_t offset, std::size_t length) {
  if (!text.plain || offset + length > text.value.size()) return text.span;
  diag::Span span = text.span;
  span.column += static_cast<std::uint32_t>(offset + 1);
  span.end = span.column + static_cast<std::uint32_t>(length == 0 ? 1 : length);
  return span;
}

std::optional<Node> parse(const diag::SourceSet& sources, std::uint32_t file,
                          diag::Diagnostics& diagnostics) {
  const diag::Source& source = sources[file];
  const Places places(source, file);
  const toml::parse_result result = places.ascii() ? toml::parse(std::string_view(source.text()))
                                                   : toml::parse(screen(source.text()));
  if (!result) {
    report(result.error(), places, diagnostics);
    return std::nullopt;
  }
  return Converter(places).convert(result.table());
}

}  // namespace glacis::profile
