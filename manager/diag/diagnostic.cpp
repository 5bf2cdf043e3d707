// SPDX-License-Identifier: Apache-2.0
#include "manager/diag/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace glacis::diag {
namespace {

constexpr std::size_t most_kept = 500;

std::tuple<std::uint32_t, std::uint32_t, std::uint32_t> place(const Diagnostic& diagnostic) {
  const Label* label = diagnostic.primary();
  if (label == nullptr) return {0, 0, 0};
  return {label->span.file, label->span.line, label->span.column};
}

}  // namespace

Diagnostic& Diagnostic::at(Span span, std::string text) {
  labels.push_back({span, std::move(text), true});
  return *this;
}

Diagnostic& Diagnostic::also(Span span, std::string text) {
  labels.push_back({span, std::move(text), false});
  return *this;
}

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::suggest(std::string text) {
  help = std::move(text);
  return *this;
}

const Label* Diagnostic::primary() const {
  const auto found =
      std::find_if(labels.begin(), labels.end(), [](const Label& label) { return label.primary; });
  return found == labels.end() ? nullptr : &*found;
}

Diagnostic& Diagnostics::add(Code code, std::string message) {
  const Severity severity = describe(code).severity;
  ++counts_[static_cast<std::size_t>(severity)];
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.severity = severity;
  diagnostic.message = std::move(message);
  if (all_.size() >= most_kept) {
    ++not_kept_;
    return spare_ = std::move(diagnostic);
  }
  return all_.emplace_back(std::move(diagnostic));
}

void Diagnostics::sort() {
  std::stable_sort(all_.begin(), all_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
}

}  // namespace glacis::diag
