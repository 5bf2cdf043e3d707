// SPDX-License-Identifier: Apache-2.0
// The texts that spans point into. Span::file is an index into this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/span.h"

namespace glacis::diag {

class Source {
 public:
  Source(std::string path, std::string text);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::uint32_t line_count() const;
  // Without its end of line; empty for a line that does not exist.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;

 private:
  std::string path_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

class SourceSet {
 public:
  // The text may be empty, for a file that could not be read.
  std::uint32_t add(std::string path, std::string text);

  [[nodiscard]] std::size_t size() const { return sources_.size(); }
  [[nodiscard]] const Source& operator[](std::uint32_t file) const { return sources_.at(file); }
  [[nodiscard]] const Source* find(std::uint32_t file) const;
  // "nginx.toml:41:9", escaped; "nginx.toml" where no line is known.
  [[nodiscard]] std::string place(const Span& span) const;

 private:
  std::deque<Source> sources_;  // a deque, so that texts stay where they are
};

}  // namespace glacis::diag
