// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/pattern_check.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "manager/base/escape.h"
#include "manager/profile/glob.h"

namespace glacis::profile {
namespace {

using diag::Code;
using diag::Diagnostic;

// sun_path has 108 bytes, of which an abstract name's first is zero.
constexpr std::size_t longest_abstract = 107;

bool is_byte(const GlobToken& token, char c) {
  return token.kind == GlobToken::Kind::byte && token.byte == static_cast<unsigned char>(c);
}

bool is_stretch(const GlobToken& token) {
  return token.kind == GlobToken::Kind::star || token.kind == GlobToken::Kind::double_star;
}

struct Finding {
  Code code;
  std::string what;
  std::string help;
};

// What stands between two slashes, or behind the last one.
class Component {
 public:
  void add(const GlobToken& token) {
    literal_ = literal_ && token.kind == GlobToken::Kind::byte;
    if (!is_stretch(token)) ++bytes_;
    if (literal_ && text_.size() < 3) text_ += static_cast<char>(token.byte);
    ++tokens_;
  }

  [[nodiscard]] std::optional<Finding> finding(bool last) const {
    if (tokens_ == 0 && last) {
      return Finding{Code::GL203, "a path does not end in `/`",
                     "leave the slash out for the directory itself, or write /** for all below"};
    }
    if (tokens_ == 0) return Finding{Code::GL203, "no path has `//` in it", "write one slash"};
    if (literal_ && (text_ == "." || text_ == "..")) {
      return Finding{Code::GL203, fmt::format("no path has `{}` as a name in it", text_),
                     "write the path that the kernel builds, without it"};
    }
    if (bytes_ > longest_name) {
      return Finding{Code::GL207, fmt::format("a name in it is longer than {} bytes", longest_name),
                     ""};
    }
    return std::nullopt;
  }

 private:
  std::size_t tokens_ = 0;
  std::size_t bytes_ = 0;
  bool literal_ = true;
  std::string text_;
};

std::optional<Finding> check_path(const GlobTokens& tokens) {
  std::size_t bytes = 0;
  for (const GlobToken& token : tokens) {
    if (!is_stretch(token)) ++bytes;
    if (is_byte(token, '\0')) return Finding{Code::GL206, "no path holds a zero byte", ""};
  }
  if (bytes > longest_path) {
    return Finding{Code::GL207, fmt::format("the path is longer than {} bytes", longest_path), ""};
  }
  if (tokens.size() == 1) return std::nullopt;  // the root itself
  Component component;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (!is_byte(tokens[i], '/')) {
      component.add(tokens[i]);
      continue;
    }
    if (auto found = component.finding(false)) return found;
    component = Component();
  }
  return component.finding(true);
}

std::optional<Finding> check_abstract(const GlobTokens& tokens) {
  std::size_t bytes = 0;
  for (const GlobToken& token : tokens) bytes += is_stretch(token) ? 0 : 1;
  if (bytes <= longest_abstract + 1) return std::nullopt;
  return Finding{Code::GL207,
                 fmt::format("an abstract name has at most {} bytes", longest_abstract), ""};
}

std::string relative_help(const std::string& glob, bool by_variable, PatternUse use) {
  if (by_variable) return "let every value of the variable begin with `/`";
  if (glob.starts_with("{")) return "write the slash before the brace: /{a,b}";
  if (glob.starts_with('~')) return "write the home folder out, or a pattern such as /home/*";
  if (glob.starts_with('*')) return "write /** for every path";
  if (use == PatternUse::path_or_abstract) {
    return "write the absolute path of the socket, or \"@name\" for an abstract name";
  }
  return fmt::format("write the absolute path, such as \"/{}\"", escape(glob));
}

// Says where the variables in the text come from.
void mark_variables(const Text& text, const Variables& variables, Diagnostic& diagnostic) {
  for (const Variable* variable : variables.mentioned(text)) {
    diagnostic.also(variable->name.span, fmt::format("`{}` is defined here", variable->name.value));
  }
}

}  // namespace

bool check_pattern(const Text& text, const std::string& glob, PatternUse use,
                   const Variables& variables, diag::Diagnostics& diagnostics) {
  const auto report = [&](Code code, std::string message, diag::Span span, std::string help) {
    Diagnostic& diagnostic = diagnostics.add(code, std::move(message));
    diagnostic.at(span).suggest(std::move(help));
    mark_variables(text, variables, diagnostic);
    return false;
  };
  if (glob.empty()) return report(Code::GL202, "the path is empty", text.span, "");
  const bool abstract = use == PatternUse::path_or_abstract && glob.front() == '@';
  if (glob.front() != '/' && !abstract) {
    return report(Code::GL202, fmt::format("`{}` is not an absolute path", Untrusted(glob)),
                  text.span, relative_help(glob, text.value.starts_with("${"), use));
  }
  const auto alternatives = expand(glob);
  if (!alternatives) {
    const GlobError& error = alternatives.error();
    const bool same = glob == text.value;
    const Code code = error.kind == GlobError::Kind::too_many ? Code::GL208 : Code::GL206;
    return report(code, error.what, same ? part(text, error.offset, error.length) : text.span, "");
  }
  for (const GlobTokens& tokens : *alternatives) {
    auto finding = abstract ? check_abstract(tokens) : check_path(tokens);
    if (!finding) continue;
    return report(finding->code, std::move(finding->what), text.span, std::move(finding->help));
  }
  return true;
}

}  // namespace glacis::profile
