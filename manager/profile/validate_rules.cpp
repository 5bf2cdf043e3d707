// SPDX-License-Identifier: Apache-2.0
// [[file]], [capability], [memory], [kernel].
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::array<std::string_view, 4> severities = {"low", "medium", "high", "critical"};

// Whoever may overwrite any byte may also append, and clear the file.
std::uint32_t with_parts(std::uint32_t access) {
  if ((access & GL_FILE_WRITE) != 0) access |= GL_FILE_APPEND | GL_FILE_TRUNCATE;
  return access;
}

std::uint32_t accesses(Fields& fields) {
  std::uint32_t access = 0;
  const Fields::Hint hint{"unix_", "write a [[net]] block with op and unix = [\"/path\"]"};
  for (const Word& word : fields.words("access", file_access_words(), "access", hint)) {
    access |= word.value;
  }
  return with_parts(access);
}

bool exclude(Fields& fields, std::string_view first, std::string_view second,
             std::string_view help) {
  const Entry* a = fields.find(first);
  const Entry* b = fields.find(second);
  if (a == nullptr || b == nullptr) return false;
  fields.diagnostics()
      .add(Code::GL215, fmt::format("`{}` and `{}` exclude each other", first, second))
      .at(b->span)
      .also(a->span)
      .suggest(std::string(help));
  return true;
}

bool consistent(Fields& fields) {
  bool bad = exclude(fields, "path", "deny", "write a [[file]] block for each");
  bad = exclude(fields, "path", "object", "write a [[file]] block for each") || bad;
  bad = exclude(fields, "deny", "object",
                "objects without a path are refused unless granted; remove the block") ||
        bad;
  bad = exclude(fields, "deny", "owner", "a deny holds whoever owns the file") || bad;
  bad =
      exclude(fields, "object", "owner", "objects without a path are granted to any owner") || bad;
  const bool any = fields.find("path") != nullptr || fields.find("deny") != nullptr ||
                   fields.find("object") != nullptr;
  if (fields.has_unknown()) return !bad && any;
  if (!any) {
    fields.diagnostics()
        .add(Code::GL214, "this [[file]] says nothing about any file")
        .at(fields.span())
        .suggest("add path = [...], object = [...] or deny = [...]");
  } else if (fields.find("deny") == nullptr && fields.find("access") == nullptr) {
    fields.diagnostics()
        .add(Code::GL214, "this [[file]] grants no access")
        .at(fields.span())
        .suggest("add access = [\"read\"]");
  }
  return !bad && any;
}

void validate_file(const Node& table, Document& document, diag::Diagnostics& diagnostics) {
  Fields fields(table, "[[file]]",
                {"path", "access", "owner", "object", "deny", "severity", "reason", "seen"},
                diagnostics);
  constexpr std::array<std::string_view, 2> owners = {"self", "root"};
  FileBlock block;
  block.span = table.span;
  block.deny = fields.find("deny") != nullptr;
  block.access = accesses(fields);
  if (const auto owner = fields.choice("owner", owners)) {
    block.owner = *owner == 0 ? Owner::self : Owner::root;
  }
  validate_metadata(fields);
  const bool good = consistent(fields);
  block.paths = fields.strings(block.deny ? "deny" : "path");
  block.endings = fields.words("object", ending_words(), "object");
  if (block.deny && fields.find("access") == nullptr) block.access = GL_FILE_ALL;
  // What must not be executed is not executed in another domain either.
  if (block.deny && (block.access & GL_FILE_EXECUTE) != 0) block.access |= GL_FILE_TRANSITION;
  // Without access it is at fault, and reported; its paths are checked all the same.
  if (good) document.files.push_back(std::move(block));
}

// [memory] and [kernel]: one list of words.
std::vector<Word> word_table(const Node& tree, std::string_view key,
                             std::span<const WordValue> words, std::string_view noun,
                             diag::Diagnostics& diagnostics) {
  const std::string where = fmt::format("[{}]", key);
  const Node* table = as_table(tree.find(key), where, diagnostics);
  if (table == nullptr) return {};
  Fields fields(*table, where, {"allow"}, diagnostics);
  return fields.words("allow", words, noun);
}

}  // namespace

std::span<const std::string_view> severity_words() { return severities; }

void validate_metadata(Fields& fields) {
  (void)fields.choice("severity", severities);
  (void)fields.string("reason");
  const Node* seen = as_table(fields.find("seen"), "seen = { count = 1 }", fields.diagnostics());
  if (seen == nullptr) return;
  Fields inner(*seen, "seen", {"count", "first", "last"}, fields.diagnostics());
  if (const Entry* count = inner.find("count"); count && count->value.kind != Kind::integer) {
    inner.wrong_type("count", count->value, "a number");
  }
  for (const std::string_view key : {"first", "last"}) {
    const Entry* entry = inner.find(key);
    if (entry == nullptr || entry->value.kind == Kind::datetime) continue;
    if (entry->value.kind != Kind::string) inner.wrong_type(key, entry->value, "a date and time");
  }
}

void validate_files(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  for (const Node* table : as_tables(tree.find("file"), "[[file]]", diagnostics)) {
    validate_file(*table, document, diagnostics);
  }
}

void validate_grants(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  if (const Node* table = as_table(tree.find("capability"), "[capability]", diagnostics)) {
    Fields fields(*table, "[capability]", {"allow", "deny"}, diagnostics);
    document.capabilities.allow = fields.words("allow", capability_words(), "capability");
    document.capabilities.deny = fields.words("deny", capability_words(), "capability");
  }
  document.memory = word_table(tree, "memory", memory_words(), "memory grant", diagnostics);
  document.kernel = word_table(tree, "kernel", kernel_words(), "kernel grant", diagnostics);
}

}  // namespace glacis::profile
