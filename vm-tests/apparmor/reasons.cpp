// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/apparmor/reasons.h"

#include <algorithm>

#include "lsm/abi/access.h"
#include "manager/import/apparmor/pattern.h"
#include "manager/import/apparmor/variables.h"

namespace glacis::oracle {
namespace {

namespace aa = import::apparmor;
using diag::Code;

Place place_of(const diag::Span& span, const diag::SourceSet& sources) {
  const diag::Source* source = sources.find(span.file);
  return {source == nullptr ? std::string() : source->path(), span.line, span.column};
}

profile::Alternatives literal(const std::string& path) {
  profile::GlobTokens out;
  for (const char c : path) {
    out.push_back({profile::GlobToken::Kind::byte, static_cast<unsigned char>(c), {}});
  }
  return {out};
}

// What a code can be the reason of.
bool about(Code code, const Difference& difference) {
  constexpr std::uint32_t shared = GL_FILE_READ | GL_FILE_CHMOD | GL_FILE_CHOWN | GL_FILE_LOCK;
  const std::uint32_t access = difference.access;
  switch (code) {
    case Code::GL511:
      return difference.path.directory && ((access & shared) != 0 || difference.path.text == "/");
    case Code::GL512:
    case Code::GL521:
      return (access & (GL_FILE_EXECUTE | GL_FILE_MAP_EXEC)) != 0;
    case Code::GL519:
      return access == GL_FILE_LINK;
    case Code::GL517:
    case Code::GL518:
    case Code::GL524:
      return access == 0;
    case Code::GL515:
    case Code::GL528:
      return true;
    case Code::GL529:
      return difference.target || (difference.path.directory && (access & shared) != 0);
    default:
      return false;
  }
}

}  // namespace

Said said_in(const import::Findings& findings, const diag::SourceSet& sources) {
  Said out;
  for (const auto& [what, places] : findings.all()) {
    for (const auto& [file, line, column, end] : places)
      out[place_of({file, line, column, end}, sources)].emplace_back(
          what.first, diag::describe(what.first).severity);
  }
  return out;
}

Reasons::Reasons(const aa::Policy& policy, const aa::Profile& profile,
                 const diag::SourceSet& sources, const Said& said) {
  const auto at = [&](const diag::Span& span) {
    const auto found = said.find(place_of(span, sources));
    return found == said.end() ? decltype(of_profile_){} : found->second;
  };
  of_profile_ = at(profile.name.span);
  diag::Diagnostics ignored;
  aa::Variables variables(policy, ignored);
  variables.set("profile_name", profile.full_name);
  const std::string attach = profile.attachment ? profile.attachment->text : profile.name.text;
  for (const char* name : {"exec_path", "attach_path"}) {
    if (!policy.variables.contains(name)) variables.set(name, attach);
  }
  if (const auto globs = aa::globs_of(attach)) {
    for (const std::string& glob : globs->files) {
      if (auto tokens = profile::expand(glob)) attachment_.push_back(std::move(*tokens));
    }
  }
  for (const aa::Rule& rule : profile.rules) {
    RuleSaid& out = rules_.emplace_back();
    out.kind = rule.kind;
    out.said = at(rule.span);
    if (rule.kind != aa::Kind::file && rule.kind != aa::Kind::link) continue;
    const bool letter = !rule.access.empty() && rule.access[0].text.contains('l');
    out.links = !rule.qualifiers.deny && (rule.kind == aa::Kind::link || letter);
    std::vector<aa::Word> words = rule.words;
    if (rule.kind == aa::Kind::link && rule.target) words.push_back(*rule.target);
    aa::Globs all;
    for (const aa::Word& word : words) {
      const auto text = variables.expand(word);
      const auto globs = text ? aa::globs_of(*text) : aa::globs_of("");
      if (!globs) continue;
      all.files.insert(all.files.end(), globs->files.begin(), globs->files.end());
      all.directories.insert(all.directories.end(), globs->directories.begin(),
                             globs->directories.end());
    }
    for (const auto* globs : {&all.files, &all.directories}) {
      for (const std::string& glob : *globs) {
        if (auto tokens = profile::expand(glob)) out.patterns.push_back(std::move(*tokens));
      }
      if (globs == &all.files) out.first_directory = out.patterns.size();
    }
    const bool pair =
        rule.kind == aa::Kind::link && rule.target && rule.words.size() == 1 && rule.access.empty();
    for (const bool name : {true, false}) {
      if (!pair) continue;
      const auto text = variables.expand(name ? rule.words[0] : *rule.target);
      const auto globs = text ? aa::globs_of(*text) : aa::globs_of("");
      if (!globs) continue;
      for (const std::string& glob : globs->files) {
        if (auto tokens = profile::expand(glob))
          (name ? out.names : out.targets).push_back(std::move(*tokens));
      }
    }
  }
}

// A rule whose last name is written out means a file or a directory, which is what
// is there; asked for the other kind, AppArmor looks for another text.
bool Reasons::other_kind(const profile::Alternatives& path, bool directory) const {
  const auto finite = [](const profile::GlobTokens& tokens) {
    const auto slash = std::ranges::find_if(tokens.rbegin(), tokens.rend(), [](const auto& token) {
      return token.kind != profile::GlobToken::Kind::byte || token.byte == '/';
    });
    return slash != tokens.rend() && slash->kind == profile::GlobToken::Kind::byte;
  };
  for (const RuleSaid& rule : rules_) {
    for (std::size_t i = 0; i < rule.patterns.size(); ++i) {
      if ((i >= rule.first_directory) == directory) continue;
      for (const profile::GlobTokens& tokens : rule.patterns[i]) {
        if (finite(tokens) && profile::meet({tokens}, path)) return true;
      }
    }
  }
  return false;
}

std::string Reasons::why(const Difference& difference) const {
  const auto fits = [&](const std::pair<Code, diag::Severity>& one) {
    return (one.second == diag::Severity::warning) == difference.looser &&
           about(one.first, difference);
  };
  const bool socket = difference.access == 0;
  const profile::Alternatives path = literal(difference.path.text);
  const profile::Alternatives target =
      difference.target ? literal(difference.target->text) : profile::Alternatives();
  for (const RuleSaid& rule : rules_) {
    const auto said = std::ranges::find_if(rule.said, fits);
    if (said == rule.said.end()) continue;
    const auto meets = [](const auto& patterns, const profile::Alternatives& one) {
      return std::ranges::any_of(patterns,
                                 [&](const auto& pattern) { return profile::meet(pattern, one); });
    };
    const bool speaks =
        socket ? rule.kind == aa::Kind::network || rule.kind == aa::Kind::unix_socket
               : meets(rule.patterns, path) || (difference.target && meets(rule.patterns, target));
    // What it grants as a pair AppArmor grants too.
    const bool own = difference.target && meets(rule.names, path) && meets(rule.targets, target);
    if (own && difference.looser) continue;
    if (speaks) return std::string(diag::describe(said->first).name);
  }
  if (difference.looser && !socket && !difference.target &&
      other_kind(path, difference.path.directory))
    return kOtherKind;
  // Execution that enters the profile is granted with what a program needs to start.
  const bool program = std::ranges::any_of(
      attachment_, [&](const auto& pattern) { return profile::meet(pattern, path); });
  const auto enters =
      std::ranges::find(of_profile_, Code::GL512, &std::pair<Code, diag::Severity>::first);
  if (difference.looser && difference.access == GL_FILE_READ && program &&
      enters != of_profile_.end())
    return "GL512";
  const auto whole = std::ranges::find_if(of_profile_, fits);
  if (whole != of_profile_.end()) return std::string(diag::describe(whole->first).name);
  return {};
}

}  // namespace glacis::oracle
