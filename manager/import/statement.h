// SPDX-License-Identifier: Apache-2.0
// What becomes of a policy's statements, one after the other: each counts once,
// by the worst that is said of it.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

#include "manager/base/escape.h"
#include "manager/diag/source.h"
#include "manager/import/findings.h"

namespace glacis::import {

class Statements {
 public:
  Statements(const diag::SourceSet& sources, Findings& findings)
      : sources_(sources), findings_(findings) {}

  // What follows is about this one.
  void next(diag::Span span) {
    close();
    span_ = span;
    open_ = true;
  }
  // What is said from here on is about this, which is no statement.
  void about(diag::Span span) {
    close();
    span_ = span;
  }
  void looser(diag::Code code, std::string message) { say(looser_, code, std::move(message)); }
  void tighter(diag::Code code, std::string message) { say(tighter_, code, std::move(message)); }
  void note(diag::Code code, std::string message) {
    findings_.add(code, std::move(message), span_);
  }
  void lost(diag::Code code, std::string message) { say(lost_, code, std::move(message)); }

  [[nodiscard]] diag::Span span() const { return span_; }
  // "nginx.service:12", for a comment.
  [[nodiscard]] std::string origin() const {
    const diag::Source* source = sources_.find(span_.file);
    if (source == nullptr || span_.line == 0) return {};
    return fmt::format("{}:{}", std::filesystem::path(source->path()).filename().string(),
                       span_.line);
  }
  [[nodiscard]] Tally tally() {
    close();
    return tally_;
  }

 private:
  void say(bool& mark, diag::Code code, std::string message) {
    mark = true;
    note(code, std::move(message));
  }
  void close() {
    if (open_)
      ++(lost_ ? tally_.lost : looser_ ? tally_.looser : tighter_ ? tally_.tighter : tally_.same);
    open_ = looser_ = tighter_ = lost_ = false;
  }

  const diag::SourceSet& sources_;
  Findings& findings_;
  diag::Span span_{};
  Tally tally_;
  bool open_ = false, looser_ = false, tighter_ = false, lost_ = false;
};

}  // namespace glacis::import
