// SPDX-License-Identifier: Apache-2.0
// [[benign]]: refusals that are known and harmless, for a time, by whose word.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "lsm/abi/hooks.h"
#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

#define GLACIS_HOOK_WORD(name, number, word, since) WordValue{word, number},
constexpr WordValue kHooks[] = {GL_HOOKS(GLACIS_HOOK_WORD)};

// 2027-06-30, and a day that there is.
bool is_day(const std::string& text) {
  int year = 0, length = 0;
  unsigned month = 0, day = 0;
  if (text.size() != 10 ||
      std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &length) != 3)
    return false;
  return length == 10 &&
         std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                     std::chrono::day(day))
             .ok();
}

std::string today() {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

void check_expiry(const Text& expires, diag::Diagnostics& diagnostics) {
  if (!is_day(expires.value)) {
    diagnostics.add(Code::GL115, fmt::format("`{}` is not a day", Untrusted(expires.value)))
        .at(expires.span)
        .suggest("write it as \"2027-06-30\"");
  } else if (expires.value < today()) {
    diagnostics
        .add(Code::GL220, fmt::format("this refusal was called benign until {}", expires.value))
        .at(expires.span)
        .suggest("look at it again, then give it another day or remove the entry");
  }
}

std::string needed(Fields& fields, std::string_view key, diag::Diagnostics& diagnostics) {
  const auto text = fields.string(key);
  if (!text && fields.find(key) == nullptr && !fields.has_unknown())
    diagnostics.add(Code::GL214, fmt::format("this [[benign]] has no {}", key))
        .at(fields.span())
        .suggest(
            "say who answers for it (owner), why it is harmless (reason), and until which day "
            "(expires)");
  if (text && key == "expires") check_expiry(*text, diagnostics);
  return text ? text->value : "";
}

std::vector<std::string> words(Fields& fields, std::string_view key,
                               std::span<const WordValue> known) {
  std::vector<std::string> out;
  for (const Word& word : fields.words(key, known, key))
    out.emplace_back(word_of(known, word.value));
  return out;
}

}  // namespace

void validate_benign(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  for (const Node* table : as_tables(tree.find("benign"), "[[benign]]", diagnostics)) {
    Fields fields(*table, "[[benign]]",
                  {"hook", "path", "capability", "owner", "reason", "expires"}, diagnostics);
    BenignBlock block;
    block.benign.hooks = words(fields, "hook", kHooks);
    block.benign.capabilities = words(fields, "capability", capability_words());
    block.paths = fields.strings("path");
    block.benign.owner = needed(fields, "owner", diagnostics);
    block.benign.reason = needed(fields, "reason", diagnostics);
    block.benign.expires = needed(fields, "expires", diagnostics);
    const bool any = fields.find("hook") || fields.find("path") || fields.find("capability");
    if (!any && !fields.has_unknown())
      diagnostics.add(Code::GL214, "this [[benign]] does not say which refusals it is about")
          .at(fields.span())
          .suggest("add hook, path or capability");
    document.benign.push_back(std::move(block));
  }
}

}  // namespace glacis::profile
