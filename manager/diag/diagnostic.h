// SPDX-License-Identifier: Apache-2.0
// One thing that is to be said about a text: what, where, why, and what to do.
// Producers fill this in; renderers (render.h) print it. Never a bare string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "manager/diag/codes.h"
#include "manager/diag/span.h"

namespace glacis::diag {

// A primary label is the fault (^^^^), a secondary one what it collides with
// or was caused by (~~~~).
struct Label {
  Span span;
  std::string text;
  bool primary = true;
};

struct Diagnostic {
  Code code{};
  Severity severity = Severity::error;
  std::string message;
  std::vector<Label> labels;
  std::vector<std::string> notes;
  std::string help;

  Diagnostic& at(Span span, std::string text = {});
  Diagnostic& also(Span span, std::string text = {});
  Diagnostic& note(std::string text);
  Diagnostic& suggest(std::string text);

  [[nodiscard]] const Label* primary() const;
};

class Diagnostics {
 public:
  // The severity is the code's own (codes.h). The reference holds until the
  // next call: fill the diagnostic in at once.
  Diagnostic& add(Code code, std::string message);

  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::size_t errors() const { return counts_[0]; }
  [[nodiscard]] std::size_t warnings() const { return counts_[1]; }
  [[nodiscard]] std::size_t notes() const { return counts_[2]; }
  // Counted but not kept: a file of a million faults is not worth a gigabyte.
  [[nodiscard]] std::size_t not_kept() const { return not_kept_; }
  [[nodiscard]] bool full() const { return not_kept_ != 0; }
  [[nodiscard]] bool failed() const { return errors() != 0; }

  // By file, line and column; stable, so that output is too.
  void sort();

 private:
  std::vector<Diagnostic> all_;
  Diagnostic spare_;
  std::size_t counts_[3] = {0, 0, 0};
  std::size_t not_kept_ = 0;
};

}  // namespace glacis::diag
