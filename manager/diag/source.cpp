// SPDX-License-Identifier: Apache-2.0
#include "manager/diag/source.h"

#include <fmt/format.h>

#include <utility>

#include "manager/base/escape.h"

namespace glacis::diag {

Source::Source(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), starts_{0} {
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (text_[at] == '\n') starts_.push_back(at + 1);
  }
}

std::uint32_t Source::line_count() const { return static_cast<std::uint32_t>(starts_.size()); }

std::string_view Source::line(std::uint32_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t begin = starts_[number - 1];
  const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  std::string_view line = std::string_view(text_).substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::uint32_t SourceSet::add(std::string path, std::string text) {
  sources_.emplace_back(std::move(path), std::move(text));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

const Source* SourceSet::find(std::uint32_t file) const {
  return file < sources_.size() ? &sources_[file] : nullptr;
}

std::string SourceSet::place(const Span& span) const {
  const Source* source = find(span.file);
  const std::string path = source != nullptr ? escape(source->path()) : "?";
  if (span.line == 0) return path;
  return fmt::format("{}:{}:{}", path, span.line, span.column);
}

}  // namespace glacis::diag
