// SPDX-License-Identifier: Apache-2.0
// A TOML document as values with spans, in order of writing. It knows nothing
// of what keys mean, and hides which parser made it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/span.h"

namespace glacis::profile {

enum class Kind { table, array, string, integer, floating, boolean, datetime };

// "a string", "a list": for messages that say what is wanted and what is there.
[[nodiscard]] std::string_view with_article(Kind kind);

struct Entry;

struct Node {
  Kind kind = Kind::table;
  diag::Span span;
  std::string text;            // string
  bool plain = false;          // string: between its quotes stands `text` itself
  std::int64_t integer = 0;    // integer
  bool boolean = false;        // boolean
  std::vector<Entry> entries;  // table
  std::vector<Node> items;     // array

  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  diag::Span span;  // of the key
  Node value;
};

inline const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

// A string of the document and where it stands.
struct Text {
  std::string value;
  diag::Span span;
  bool plain = false;
};

// The span of a part of a string, given as offset and length in its value; the
// whole string's where escapes make the two differ.
[[nodiscard]] diag::Span part(const Text& text, std::size_t offset, std::size_t length);

}  // namespace glacis::profile
