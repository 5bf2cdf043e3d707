// SPDX-License-Identifier: Apache-2.0
// [exec], [[exec.script]], [[exec.digest]] and [[exec.transition]].
#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "manager/base/escape.h"
#include "manager/base/peer.h"
#include "manager/profile/fields.h"
#include "manager/profile/validate.h"
#include "manager/profile/words.h"

namespace glacis::profile {
namespace {

using diag::Code;

constexpr std::string_view table_name = "[[exec.transition]]";
constexpr std::string_view script_name = "[[exec.script]]";
constexpr std::string_view digest_name = "[[exec.digest]]";

class TransitionReader {
 public:
  TransitionReader(const Node& table, diag::Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        fields_(table, std::string(table_name),
                {"path", "to", "env", "unsafe", "severity", "reason", "seen"}, diagnostics) {}

  std::optional<TransitionBlock> read() {
    const std::size_t before = diagnostics_.errors();
    block_.paths = fields_.strings("path");
    const auto to = fields_.string("to");
    if (to) target(*to);
    constexpr std::array<std::string_view, 2> environments = {"scrub", "keep"};
    const auto environment = fields_.choice("env", environments);
    block_.transition.scrub = moves_ && environment.value_or(0) == 0;
    block_.transition.unsafe = fields_.boolean("unsafe").value_or(false);
    validate_metadata(fields_);
    if (!fields_.has_unknown()) complete();
    if (diagnostics_.errors() != before) return std::nullopt;
    return std::move(block_);
  }

 private:
  void target(const Text& to) {
    if (to.value == stays) {
      moves_ = false;
      for (const std::string_view key : {"env", "unsafe"}) {
        const Entry* stray = fields_.find(key);
        if (stray == nullptr) continue;
        diagnostics_
            .add(Code::GL215, fmt::format("`{}` is about a program that changes its domain", key))
            .at(stray->span)
            .also(to.span)
            .suggest("remove it: with to = \"inherit\" the program stays in this one");
      }
      return;
    }
    block_.transition.to = to.value;
    if (is_profile_name(to.value) && !is_peer_word(to.value)) return;
    diagnostics_
        .add(Code::GL115, fmt::format("`{}` cannot be a profile's name", Untrusted(to.value)))
        .at(to.span)
        .suggest("write the name of a profile, or \"inherit\" to stay in this one");
  }

  void complete() {
    for (const std::string_view key : {"path", "to"}) {
      if (fields_.find(key) != nullptr) continue;
      diagnostics_.add(Code::GL214, fmt::format("this {} has no `{}`", table_name, key))
          .at(fields_.span())
          .suggest(key == "path" ? "add path = [\"/usr/bin/program\"]"
                                 : "add to = \"the name of a profile\", or \"inherit\"");
    }
  }

  diag::Diagnostics& diagnostics_;
  Fields fields_;
  TransitionBlock block_;
  bool moves_ = true;
};

std::optional<ScriptBlock> read_script(const Node& table, diag::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Fields fields(table, std::string(script_name),
                {"path", "interpreter", "severity", "reason", "seen"}, diagnostics);
  ScriptBlock block{fields.strings("path"), fields.strings("interpreter")};
  validate_metadata(fields);
  for (const std::string_view key : {"path", "interpreter"}) {
    if (fields.has_unknown() || fields.find(key) != nullptr) continue;
    diagnostics.add(Code::GL214, fmt::format("this {} has no `{}`", script_name, key))
        .at(fields.span())
        .suggest(key == "path" ? "add path = [\"/usr/share/program/script\"]"
                               : "add interpreter = [\"/usr/bin/dash\"], which the script names");
  }
  if (diagnostics.errors() != before) return std::nullopt;
  return block;
}

std::optional<DigestBlock> read_digest(const Node& table, diag::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Fields fields(table, std::string(digest_name), {"path", "sha256", "severity", "reason", "seen"},
                diagnostics);
  DigestBlock block{fields.strings("path"), {}};
  for (const Text& text : fields.strings("sha256")) {
    if (is_sha256(text.value))
      block.sha256.push_back(text.value);
    else
      diagnostics.add(Code::GL221, fmt::format("`{}` is no SHA-256", Untrusted(text.value)))
          .at(text.span)
          .suggest("write 64 hexadecimal digits in lower case, as `sha256sum FILE` prints them");
  }
  validate_metadata(fields);
  for (const std::string_view key : {"path", "sha256"}) {
    if (fields.has_unknown() || fields.find(key) != nullptr) continue;
    diagnostics.add(Code::GL214, fmt::format("this {} has no `{}`", digest_name, key))
        .at(fields.span())
        .suggest(key == "path" ? "add path = [\"/usr/lib/program/library.so\"]"
                               : "add sha256 = [\"...\"], as `sha256sum FILE` prints it");
  }
  if (diagnostics.errors() != before) return std::nullopt;
  return block;
}

}  // namespace

void validate_exec(const Node& tree, Document& document, diag::Diagnostics& diagnostics) {
  const Node* table = as_table(tree.find("exec"), "[exec]", diagnostics);
  if (table == nullptr) return;
  Fields fields(*table, "[exec]", {"allow", "inherit", "script", "digest", "transition"},
                diagnostics);
  document.exec = fields.strings("allow");
  constexpr std::array inherited = {WordValue{"stdio", 1}};
  document.inherit_stdio = !fields.words("inherit", inherited, "kind of descriptor").empty();
  for (const Node* each : as_tables(fields.find("script"), script_name, diagnostics)) {
    if (auto block = read_script(*each, diagnostics)) document.scripts.push_back(std::move(*block));
  }
  for (const Node* each : as_tables(fields.find("digest"), digest_name, diagnostics)) {
    if (auto block = read_digest(*each, diagnostics)) document.digests.push_back(std::move(*block));
  }
  for (const Node* each : as_tables(fields.find("transition"), table_name, diagnostics)) {
    if (auto block = TransitionReader(*each, diagnostics).read()) {
      document.transitions.push_back(std::move(*block));
    }
  }
}

}  // namespace glacis::profile
