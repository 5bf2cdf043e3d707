// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/glob.h"

namespace glacis::profile {
namespace {

using diag::Code;

// A variable that is the value of another, and so on: deeper is a mistake, and
// the bound keeps recursion off the end of the stack.
constexpr std::size_t deepest_variable = 64;
constexpr std::size_t longest_value = 2 * longest_path;
// All that the variables of one profile may expand to, in bytes.
constexpr std::size_t most_expanded = std::size_t{16} << 20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_byte(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

// A value that becomes one alternative of {a,b}: a comma of its own, outside
// braces of its own, must not divide it.
std::string as_alternative(std::string_view value) {
  std::string out;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      out += value[i++];
    } else if (value[i] == '{') {
      ++depth;
    } else if (value[i] == '}' && depth > 0) {
      --depth;
    } else if (value[i] == ',' && depth == 0) {
      out += '\\';
    }
    out += value[i];
  }
  return out;
}

// {/a,/b} at the start of a pattern is written /{a,b}: a pattern's first byte
// is always a literal slash.
std::string alternatives(const std::vector<std::string>& values, bool at_start) {
  if (values.size() == 1) return values.front();
  const bool shared = at_start && std::all_of(values.begin(), values.end(), [](const auto& value) {
                        return value.starts_with('/');
                      });
  std::string out = shared ? "/{" : "{";
  for (const std::string& value : values) {
    if (&value != &values.front()) out += ',';
    out += as_alternative(std::string_view(value).substr(shared ? 1 : 0));
  }
  return out + "}";
}

}  // namespace

bool is_variable_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_byte);
}

void Variables::define(const Variable& variable) {
  entries_.insert_or_assign(variable.name.value, Entry{variable, Entry::State::fresh, {}});
}

template <typename Piece, typename Use>
bool Variables::scan(const Text& text, Piece piece, Use use) {
  const std::string_view value = text.value;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < value.size();) {
    if (value[at] == '\\') {
      at += 2;
      continue;
    }
    if (value[at] != '$' || at + 1 >= value.size() || value[at + 1] != '{') {
      ++at;
      continue;
    }
    const std::size_t close = value.find('}', at);
    const std::string_view name =
        close == std::string_view::npos ? "" : value.substr(at + 2, close - at - 2);
    if (!is_variable_name(name)) {
      const std::size_t length = close == std::string_view::npos ? 2 : close + 1 - at;
      diagnostics_.add(Code::GL211, "malformed variable")
          .at(part(text, at, length), "wants ${name}")
          .suggest("a dollar sign that is meant is written \\$");
      return false;
    }
    piece(value.substr(begin, at - begin));
    if (!use(name, at)) return false;
    at = begin = close + 1;
  }
  piece(value.substr(std::min(begin, value.size())));
  return true;
}

void Variables::unknown(std::string_view name, const Text& user, std::size_t offset) {
  const diag::Span span = part(user, offset, name.size() + 3);
  if (name == "self") {
    diagnostics_.add(Code::GL114, "`${self}` is not supported yet")
        .at(span)
        .suggest("write the path of the entry under /proc that is meant, or leave the rule out");
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : entries_) names.push_back(known);
  auto& diagnostic = diagnostics_.add(Code::GL209, fmt::format("unknown variable `{}`", name));
  std::string help = did_you_mean(name, names);
  if (help.empty()) help = fmt::format("define it: [vars] {} = \"...\"", name);
  diagnostic.at(span).suggest(std::move(help));
}

void Variables::cycle(const Entry& entry) {
  const auto start = std::find(running_.begin(), running_.end(), &entry);
  std::string names;
  for (auto it = start; it != running_.end(); ++it) {
    names += fmt::format("{} -> ", (*it)->variable.name.value);
  }
  auto& diagnostic = diagnostics_.add(
      Code::GL210, fmt::format("the variable `{}` leads back to itself: {}{}",
                               entry.variable.name.value, names, entry.variable.name.value));
  diagnostic.at(entry.variable.name.span);
  if (start == running_.end()) return;
  for (auto it = start + 1; it != running_.end(); ++it) {
    diagnostic.also((*it)->variable.name.span, "by way of this one");
  }
}

const std::vector<std::string>* Variables::values_of(std::string_view name, const Text& user,
                                                     std::size_t offset) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    unknown(name, user, offset);
    return nullptr;
  }
  Entry& entry = found->second;
  if (entry.state == Entry::State::done) return &entry.values;
  if (entry.state == Entry::State::failed) return nullptr;
  if (entry.state == Entry::State::running) {
    cycle(entry);
    return nullptr;
  }
  if (running_.size() >= deepest_variable) {
    diagnostics_.add(Code::GL208, fmt::format("variables nest deeper than {}", deepest_variable))
        .at(part(user, offset, name.size() + 3));
    return nullptr;
  }
  entry.state = Entry::State::running;
  running_.push_back(&entry);
  const bool good = evaluate(entry);
  running_.pop_back();
  entry.state = good ? Entry::State::done : Entry::State::failed;
  return good ? &entry.values : nullptr;
}

bool Variables::evaluate(Entry& entry) {
  for (const Text& value : entry.variable.values) {
    const auto expanded = expand_list(value);
    if (!expanded) return false;
    entry.values.insert(entry.values.end(), expanded->begin(), expanded->end());
    if (entry.values.size() <= most_alternatives) continue;
    diagnostics_
        .add(Code::GL208, fmt::format("the variable `{}` has more than {} values",
                                      entry.variable.name.value, most_alternatives))
        .at(entry.variable.name.span);
    return false;
  }
  return true;
}

bool Variables::spend(std::size_t bytes, const Text& text) {
  const bool before = spent_ > most_expanded;
  spent_ += bytes;
  if (spent_ <= most_expanded) return true;
  if (!before) {
    diagnostics_
        .add(Code::GL208, fmt::format("the variables of this profile expand to more than {} bytes",
                                      most_expanded))
        .at(text.span, "the bound was reached here");
  }
  return false;
}

void Variables::check() {
  for (const auto& [name, entry] : entries_) {
    if (entry.state == Entry::State::fresh) (void)values_of(name, entry.variable.name, 0);
  }
}

std::optional<std::vector<std::string>> Variables::expand_list(const Text& text) {
  std::vector<std::string> out(1);
  bool too_much = false;
  const bool good = scan(
      text,
      [&](std::string_view piece) {
        for (std::string& value : out) value += piece;
      },
      [&](std::string_view name, std::size_t offset) {
        const auto* values = values_of(name, text, offset);
        if (values == nullptr) return false;
        too_much = out.size() * values->size() > most_alternatives;
        if (too_much) return false;
        std::vector<std::string> product;
        for (const std::string& head : out) {
          for (const std::string& tail : *values) {
            too_much = too_much || head.size() + tail.size() > longest_value;
            if (!too_much) product.push_back(head + tail);
          }
        }
        out = std::move(product);
        return !too_much;
      });
  if (too_much) {
    diagnostics_
        .add(Code::GL208, fmt::format("the variables in it stand for more than {} values, "
                                      "or for one longer than {} bytes",
                                      most_alternatives, longest_value))
        .at(text.span);
  }
  if (!good) return std::nullopt;
  std::size_t bytes = 0;
  for (const std::string& value : out) bytes += value.size() + sizeof(std::string);
  if (!spend(bytes, text)) return std::nullopt;
  return out;
}

std::optional<std::string> Variables::expand_pattern(const Text& text) {
  if (text.value.find("${") == std::string::npos) return text.value;
  std::string out;
  bool too_much = false;
  const bool good = scan(
      text, [&](std::string_view piece) { out += piece; },
      [&](std::string_view name, std::size_t offset) {
        const auto* values = values_of(name, text, offset);
        if (values == nullptr) return false;
        out += alternatives(*values, out.empty());
        too_much = out.size() > most_elements;
        return !too_much;
      });
  if (too_much) {
    diagnostics_.add(Code::GL208, "the pattern is too large once its variables are replaced")
        .at(text.span);
  }
  if (!good || !spend(out.size(), text)) return std::nullopt;
  return out;
}

std::vector<const Variable*> Variables::mentioned(const Text& text) const {
  std::vector<const Variable*> out;
  for (const auto& [name, entry] : entries_) {
    if (text.value.find("${" + name + "}") != std::string::npos) out.push_back(&entry.variable);
  }
  return out;
}

}  // namespace glacis::profile
