// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/similar.h"

namespace glacis::profile {
namespace {

using diag::Code;

Text plain_text(const Node& node) { return {node.text, node.span, node.plain}; }

std::string list(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  const auto nearest = closest(word, words);
  return nearest ? fmt::format("did you mean `{}`?", *nearest) : std::string();
}

Fields::Fields(const Node& table, std::string where, std::initializer_list<std::string_view> known,
               diag::Diagnostics& diagnostics)
    : table_(table), where_(std::move(where)), diagnostics_(diagnostics) {
  for (const Entry& entry : table.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    has_unknown_ = true;
    const std::span<const std::string_view> keys(known.begin(), known.size());
    auto& unknown = diagnostics_.add(
        Code::GL106, fmt::format("unknown key `{}` in {}", Untrusted(entry.key), where_));
    if (diagnostics_.full()) continue;
    std::string help = did_you_mean(entry.key, keys);
    if (help.empty()) help = fmt::format("{} takes: {}", where_, list(keys));
    unknown.at(entry.span).suggest(std::move(help));
  }
}

void Fields::wrong_type(std::string_view key, const Node& value, std::string_view wanted) {
  diagnostics_
      .add(Code::GL107, fmt::format("`{}` wants {}, not {}", key, wanted, with_article(value.kind)))
      .at(value.span);
}

std::optional<Text> Fields::string(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind == Kind::string) return plain_text(entry->value);
  wrong_type(key, entry->value, "a string");
  return std::nullopt;
}

std::vector<Text> Fields::strings(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return {};
  const Node& value = entry->value;
  if (value.kind == Kind::string) return {plain_text(value)};
  if (value.kind != Kind::array) {
    wrong_type(key, value, "a string or a list of strings");
    return {};
  }
  if (value.items.empty()) {
    diagnostics_.add(Code::GL115, fmt::format("`{}` is an empty list", key))
        .at(value.span)
        .suggest("list at least one string, or remove the key");
  }
  std::vector<Text> out;
  out.reserve(value.items.size());
  for (const Node& item : value.items) {
    if (item.kind == Kind::string) {
      out.push_back(plain_text(item));
    } else {
      wrong_type(key, item, "strings only");
    }
  }
  return out;
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind == Kind::boolean) return entry->value.boolean;
  wrong_type(key, entry->value, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.kind == Kind::integer) return entry->value.integer;
  wrong_type(key, entry->value, "a number");
  return std::nullopt;
}

void Fields::unknown_word(const Text& text, std::span<const std::string_view> words,
                          std::string_view noun, Hint hint) {
  auto& unknown =
      diagnostics_.add(Code::GL201, fmt::format("unknown {} `{}`", noun, Untrusted(text.value)));
  if (diagnostics_.full()) return;
  std::string lower = text.value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view meant = lower;
  if (meant.starts_with("cap_")) meant.remove_prefix(4);
  std::string help = did_you_mean(meant, words);
  if (!hint.beginning.empty() && meant.starts_with(hint.beginning)) help = hint.help;
  if (help.empty()) help = fmt::format("one of: {}", list(words));
  unknown.at(text.span).suggest(std::move(help));
}

std::vector<Word> Fields::words(std::string_view key, std::span<const WordValue> words,
                                std::string_view noun, Hint hint) {
  std::vector<Word> out;
  for (const Text& text : strings(key)) {
    if (const WordValue* found = find_word(words, text.value)) {
      out.push_back({found->value, text.span});
    } else {
      unknown_word(text, spellings(words), noun, hint);
    }
  }
  return out;
}

std::optional<std::size_t> Fields::choice(std::string_view key,
                                          std::span<const std::string_view> choices) {
  const std::optional<Text> text = string(key);
  if (!text) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), text->value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  unknown_word(*text, choices, key);
  return std::nullopt;
}

const Node* as_table(const Entry* entry, std::string_view where, diag::Diagnostics& diagnostics) {
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == Kind::table) return &entry->value;
  auto& wrong = diagnostics.add(Code::GL107, fmt::format("`{}` wants a table, not {}", entry->key,
                                                         with_article(entry->value.kind)));
  wrong.at(entry->span).suggest(fmt::format("write {}", where));
  return nullptr;
}

std::vector<const Node*> as_tables(const Entry* entry, std::string_view where,
                                   diag::Diagnostics& diagnostics) {
  if (entry == nullptr) return {};
  std::vector<const Node*> out;
  const Node& value = entry->value;
  const bool tables =
      value.kind == Kind::array && std::all_of(value.items.begin(), value.items.end(),
                                               [](const Node& n) { return n.kind == Kind::table; });
  if (tables) {
    for (const Node& item : value.items) out.push_back(&item);
    return out;
  }
  const std::string_view found =
      value.kind == Kind::array ? "a list of something else" : with_article(value.kind);
  diagnostics
      .add(Code::GL107, fmt::format("`{}` wants a list of tables, not {}", entry->key, found))
      .at(entry->span)
      .suggest(fmt::format("write {}, with two brackets, once for each", where));
  return {};
}

}  // namespace glacis::profile
