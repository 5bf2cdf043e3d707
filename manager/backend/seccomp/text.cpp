// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include "manager/backend/seccomp/oci.h"
#include "manager/base/escape.h"
#include "manager/profile/syscalls.h"
#include "manager/profile/words.h"

namespace glacis::seccomp {
namespace {

constexpr std::size_t width = 100;

// " a b c", broken into lines that begin alike.
std::string wrapped(const std::vector<std::string>& words) {
  std::string out;
  std::size_t column = width;
  for (const std::string& word : words) {
    if (column + word.size() + 1 > width) {
      out += out.empty() ? "  " : "\n  ";
      column = 2;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

class Text {
 public:
  Text(const Policy& policy, const image::SourceMap* map) : policy_(policy), map_(map) {}

  std::string run() {
    line("calls       {}", policy_.list
                               ? "a list; other known calls answer EPERM, unknown ones ENOSYS"
                               : "all but what is named here");
    line("known       up to Linux {}", profile::syscall_groups_kernel());
    line("32-bit ABI  {}", policy_.compat ? "the same" : "refused (EPERM)");
    line("x32 ABI     refused (EPERM)");
    plain("allow", SyscallAction::allow);
    plain("deny (EPERM)", SyscallAction::deny);
    plain("kill", SyscallAction::kill);
    conditions();
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void plain(std::string_view what, SyscallAction action) {
    std::vector<std::string> names;
    for (const Call& call : policy_.calls)
      if (call.plain() && call.otherwise == action) names.push_back(call.name);
    if (names.empty()) return;
    line("\n{}, {} calls", what, names.size());
    out_ += wrapped(names);
  }

  [[nodiscard]] std::string place(std::uint32_t rule) const {
    if (rule == 0) return "baseline";
    return map_ ? escape(map_->place(rule)) : fmt::format("rule {}", rule);
  }

  void clauses(const Call& call, std::string_view what, const std::vector<Clause>& all) {
    for (const Clause& clause : all)
      line("  {:<5} {}{}  {}", what, call.name, profile::syscall_args_text(clause.args),
           place(clause.rule));
  }

  void conditions() {
    bool first = true;
    for (const Call& call : policy_.calls) {
      if (call.plain()) continue;
      if (first) line("\nby argument");
      first = false;
      clauses(call, "kill", call.kills);
      clauses(call, "deny", call.refusals);
      clauses(call, "allow", call.grants);
      line("  {:<5} {} otherwise  {}",
           profile::syscall_action_words()[static_cast<std::size_t>(call.otherwise)], call.name,
           call.rule == 0 ? "default" : place(call.rule));
    }
  }

  const Policy& policy_;
  const image::SourceMap* map_;
  std::string out_;
};

}  // namespace

std::string text(const Policy& policy, const image::SourceMap* map) {
  return Text(policy, map).run();
}

}  // namespace glacis::seccomp
