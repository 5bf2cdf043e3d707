// SPDX-License-Identifier: Apache-2.0
// Files, blocks, profiles and the preamble; rules are in parser_rules.cpp.
#include "manager/import/apparmor/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manager/base/escape.h"
#include "manager/import/apparmor/parser_state.h"

namespace glacis::import::apparmor {

using diag::Code;
namespace fs = std::filesystem;

bool Parser::fail(diag::Span span, std::string message, std::string help) {
  diagnostics_.add(Code::GL501, std::move(message)).at(span).suggest(std::move(help));
  return false;
}

bool Parser::too_much(diag::Span span, std::string message) {
  diagnostics_.add(Code::GL502, std::move(message)).at(span);
  return false;
}

bool Parser::file(const fs::path& path, diag::Span from, Block block) {
  if (opened_ >= most_files) return too_much(from, "too many files are included");
  if (open_.size() >= deepest_include) return too_much(from, "includes nest too deeply");
  if (std::ranges::find(open_, path) != open_.end()) {
    diagnostics_.add(Code::GL112, fmt::format("{} includes itself", Untrusted(path.native())))
        .at(from);
    return false;
  }
  auto text = options_.files->read(path);
  if (!text) return unreadable(path, from, text.error());
  ++opened_;
  bytes_ += text->size();
  if (bytes_ > most_bytes) return too_much(from, "the files that are included are too large");
  const std::uint32_t number = sources_.add(path.native(), std::move(*text));
  open_.push_back(path);
  Lexer lexer(sources_[number].text(), number);
  const bool done = statements(lexer, block, false);
  open_.pop_back();
  return done;
}

bool Parser::unreadable(const fs::path& path, diag::Span from, const ReadFailure& failure) {
  const Code code = failure.kind == ReadFailure::Kind::not_regular ? Code::GL104
                    : failure.kind == ReadFailure::Kind::too_large ? Code::GL105
                                                                   : Code::GL103;
  auto& diagnostic = diagnostics_.add(
      code, fmt::format("cannot read {}: {}", Untrusted(path.native()), failure.what));
  if (from.line != 0) diagnostic.at(from);
  return false;
}

bool Parser::statements(Lexer& lexer, Block block, bool braced) {
  for (;;) {
    lexer.skip();
    if (lexer.at_end()) {
      return braced ? fail(lexer.here(), "the file ends inside a block", "add the missing `}`")
                    : true;
    }
    if (lexer.peek() == '}') {
      if (!braced) return fail(lexer.here(), "`}` closes no block of this file");
      lexer.take('}');
      return true;
    }
    if (++statements_ > most_rules) return too_much(lexer.here(), "more rules than are read");
    if (!statement(lexer, block)) return false;
  }
}

bool Parser::statement(Lexer& lexer, Block block) {
  if (lexer.take(std::string_view("#include")) || lexer.keyword() == "include") {
    lexer.take(std::string_view("include"));
    return include(lexer, block);
  }
  if (lexer.keyword() == "if") return condition(lexer, block);
  if (lexer.keyword() == "abi") return abi(lexer);
  if (auto name = lexer.assigned()) return assignment(lexer, std::move(*name));
  if (lexer.peek() == '$') return boolean(lexer);
  if (block.profile != nullptr) return rule(lexer, block);
  if (lexer.keyword() == "alias") return alias(lexer);
  return profile(lexer, policy_.profiles, nullptr);
}

bool Parser::include(Lexer& lexer, Block block) {
  lexer.skip();
  bool optional = false;
  if (lexer.keyword() == "if") {
    lexer.take(std::string_view("if"));
    lexer.skip();
    if (!lexer.take(std::string_view("exists"))) {
      return fail(lexer.here(), "`exists` is missing", "write: include if exists <name>");
    }
    lexer.skip();
    optional = true;
  }
  const diag::Span here = lexer.here();
  bool magic = false;
  const auto name = lexer.include_name(magic);
  if (!name || name->text.empty()) return fail(here, "the name of an include is missing");
  std::vector<fs::path> candidates;
  if (fs::path(name->text).is_absolute()) {
    candidates.emplace_back(name->text);
  } else if (!magic) {
    candidates.push_back(open_.back().parent_path() / name->text);
  }
  if (!fs::path(name->text).is_absolute()) {
    for (const fs::path& folder : options_.search) candidates.push_back(folder / name->text);
  }
  // Each profile's hats and rules are read where the include stands.
  lexer.take(',');
  for (const fs::path& candidate : candidates) {
    switch (try_include(candidate.lexically_normal(), name->span, block)) {
      case Tried::done:
        return true;
      case Tried::failed:
        return false;
      case Tried::missing:
        break;
    }
  }
  if (optional) return true;
  diagnostics_.add(Code::GL111, fmt::format("cannot find `{}`", Untrusted(name->text)))
      .at(name->span)
      .suggest("give the folder that it is in with -I DIR");
  return false;
}

bool left_behind(std::string_view name) {
  constexpr std::array<std::string_view, 8> endings = {
      ".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak", ".rpmnew", ".rpmsave", ".orig", "~"};
  if (name.starts_with('.') || name == "README") return true;
  return std::ranges::any_of(endings, [&](std::string_view end) { return name.ends_with(end); });
}

Parser::Tried Parser::try_include(const fs::path& path, diag::Span from, Block block) {
  auto text = options_.files->read(path);
  if (text) return file(path, from, block) ? Tried::done : Tried::failed;
  if (text.error().kind == ReadFailure::Kind::missing) {
    // A folder may be missing from a list that knows only files.
    const auto names = options_.files->list(path);
    if (!names || names->empty()) return Tried::missing;
  } else if (text.error().kind != ReadFailure::Kind::not_regular) {
    unreadable(path, from, text.error());
    return Tried::failed;
  }
  const auto names = options_.files->list(path);
  if (!names) return Tried::missing;
  for (const std::string& name : *names) {
    if (left_behind(name)) continue;
    const auto inner = options_.files->read(path / name);
    if (!inner && inner.error().kind == ReadFailure::Kind::not_regular) continue;
    if (!file(path / name, from, block)) return Tried::failed;
  }
  return Tried::done;
}

bool Parser::abi(Lexer& lexer) {
  lexer.take(std::string_view("abi"));
  lexer.skip();
  bool magic = false;
  const diag::Span here = lexer.here();
  policy_.abi = lexer.include_name(magic);
  if (!policy_.abi) return fail(here, "the name of an abi is missing");
  return end_of_rule(lexer);
}

bool Parser::assignment(Lexer& lexer, Word name) {
  const bool more = lexer.take('+');
  lexer.take('=');
  std::vector<Word>& values = policy_.variables[name.text];
  if (!more) values.clear();
  while (!lexer.line_ends()) {
    const diag::Span here = lexer.here();
    auto value = lexer.value();
    if (!value) return fail(here, "a quote is not closed");
    values.push_back(std::move(*value));
    if (++statements_ > most_rules) return too_much(here, "more values than are read");
  }
  if (values.empty()) {
    return fail(name.span, fmt::format("`@{{{}}}` is given no value", name.text));
  }
  return true;
}

bool Parser::boolean(Lexer& lexer) {
  const diag::Span here = lexer.here();
  const auto name = lexer.boolean();
  lexer.skip();
  if (!name || !lexer.take('=')) return fail(here, "`$NAME = true` or `= false` is wanted here");
  lexer.skip();
  const std::string_view value = lexer.keyword();
  if (value != "true" && value != "false") return fail(lexer.here(), "`true` or `false` is wanted");
  policy_.booleans[name->text] = value == "true";
  lexer.take(value);
  return true;
}

bool Parser::alias(Lexer& lexer) {
  lexer.take(std::string_view("alias"));
  lexer.skip();
  const diag::Span here = lexer.here();
  auto from = lexer.word();
  lexer.skip();
  if (!from || !lexer.take(std::string_view("->")))
    return fail(here, "`alias /a/ -> /b/,` is wanted");
  lexer.skip();
  auto to = lexer.word();
  if (!to) return fail(here, "`alias /a/ -> /b/,` is wanted");
  policy_.aliases.push_back({std::move(*from), std::move(*to)});
  return end_of_rule(lexer);
}

bool Parser::decide(Lexer& lexer, bool& holds) {
  lexer.skip();
  bool negated = false;
  while (lexer.keyword() == "not") {
    lexer.take(std::string_view("not"));
    lexer.skip();
    negated = !negated;
  }
  const diag::Span here = lexer.here();
  const bool defined = lexer.keyword() == "defined";
  if (defined) {
    lexer.take(std::string_view("defined"));
    lexer.skip();
  }
  if (lexer.peek() == '$') {
    const auto name = lexer.boolean();
    if (!name) return fail(here, "a name is wanted behind `$`");
    const auto found = policy_.booleans.find(name->text);
    if (found == policy_.booleans.end() && !defined) {
      return fail(name->span, fmt::format("`${}` is not defined", name->text));
    }
    holds = defined ? found != policy_.booleans.end() : found->second;
  } else {
    const auto word = lexer.word();
    const bool named = word && word->text.starts_with("@{") && word->text.ends_with('}');
    if (!defined || !named) {
      return fail(here, "a condition is `$NAME`, `defined $NAME` or `defined @{NAME}`");
    }
    holds = policy_.variables.contains(word->text.substr(2, word->text.size() - 3));
  }
  holds = holds != negated;
  return true;
}

bool Parser::condition(Lexer& lexer, Block block) {
  if (depth_ >= deepest_block) return too_much(lexer.here(), "blocks nest too deeply");
  lexer.take(std::string_view("if"));
  bool holds = false;
  if (!decide(lexer, holds)) return false;
  if (!branch(lexer, block, holds)) return false;
  lexer.skip();
  if (lexer.keyword() != "else") return true;
  lexer.take(std::string_view("else"));
  lexer.skip();
  // `else if` is decided only where nothing before it held.
  if (lexer.keyword() != "if") return branch(lexer, block, !holds);
  if (!holds) return condition(lexer, block);
  Profile ignored;
  Block aside = block;
  if (block.profile != nullptr) aside.profile = &ignored;
  const Policy kept = policy_;
  const bool done = condition(lexer, aside);
  policy_ = kept;
  return done;
}

bool Parser::branch(Lexer& lexer, Block block, bool holds) {
  lexer.skip();
  if (!lexer.take('{')) return fail(lexer.here(), "`{` is wanted here");
  ++depth_;
  bool done = false;
  if (holds) {
    done = statements(lexer, block, true);
  } else {
    Profile ignored;
    Block aside = block;
    if (block.profile != nullptr) aside.profile = &ignored;
    const Policy kept = policy_;
    done = statements(lexer, aside, true);
    policy_ = kept;
  }
  --depth_;
  return done;
}

bool Parser::flag(const Word& word, Flags& flags) {
  const std::string& text = word.text;
  if (text == "enforce")
    flags.mode = Mode::enforce;
  else if (text == "complain")
    flags.mode = Mode::complain;
  else if (text == "kill")
    flags.mode = Mode::kill;
  else if (text == "unconfined")
    flags.mode = Mode::unconfined;
  else if (text == "default_allow")
    flags.default_allow = true;
  else if (text == "prompt")
    flags.mode = Mode::prompt;
  else if (text == "audit")
    flags.audit = true;
  else
    flags.others.push_back(word);
  return true;
}

bool Parser::header(Lexer& lexer, Profile& out) {
  for (;;) {
    lexer.skip();
    const diag::Span here = lexer.here();
    if (lexer.take('{')) return true;
    if (lexer.peek() == '(' || lexer.keyword() == "flags") {
      lexer.take(std::string_view("flags"));
      lexer.skip();
      lexer.take('=');
      lexer.skip();
      std::vector<Word> words;
      std::vector<Condition> parts;
      if (!list(lexer, words, parts)) return false;
      for (const Word& word : words) flag(word, out.flags);
      // error=EPERM, kill.signal=term
      for (Condition& part : parts) out.flags.others.push_back(std::move(part.key));
    } else if (lexer.keyword() == "xattrs") {
      lexer.take(std::string_view("xattrs"));
      lexer.skip();
      lexer.take('=');
      lexer.skip();
      std::vector<Word> words;
      if (!list(lexer, words, out.xattrs)) return false;
    } else {
      auto word = lexer.word();
      if (!word || out.attachment) return fail(here, "`{` is wanted here");
      out.attachment = std::move(*word);
    }
  }
}

bool Parser::profile(Lexer& lexer, std::vector<Profile>& into, const Profile* parent) {
  if (depth_ >= deepest_block) return too_much(lexer.here(), "profiles nest too deeply");
  Profile out;
  const diag::Span here = lexer.here();
  const std::string_view keyword = lexer.keyword();
  const bool named = keyword == "profile" || keyword == "hat";
  if (named) {
    out.hat = keyword == "hat";
    lexer.take(keyword);
    lexer.skip();
  }
  out.hat = lexer.take('^') || out.hat;
  auto name = lexer.word();
  if (!name || name->text.empty()) return fail(here, "a profile is wanted here");
  const bool path = name->text.starts_with('/') || name->text.starts_with("@{") || name->quoted ||
                    name->text.starts_with(':');
  if (!named && !out.hat && !path) {
    return fail(name->span, fmt::format("`{}` starts neither a profile nor a preamble rule",
                                        Untrusted(name->text)));
  }
  out.name = std::move(*name);
  out.full_name = parent == nullptr ? out.name.text : parent->full_name + "//" + out.name.text;
  if (!header(lexer, out)) return false;
  ++depth_;
  const bool done = statements(lexer, {&out, {}}, true);
  --depth_;
  if (done) into.push_back(std::move(out));
  return done;
}

std::optional<Policy> parse(const fs::path& path, const ParseOptions& options,
                            diag::Diagnostics& diagnostics, diag::SourceSet& sources) {
  Parser parser(options, diagnostics, sources);
  if (!parser.file(path, {}, {})) return std::nullopt;
  return parser.take();
}

}  // namespace glacis::import::apparmor
