// SPDX-License-Identifier: Apache-2.0
#include "manager/import/seccomp/import.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "manager/import/everything.h"
#include "manager/import/seccomp/places.h"
#include "manager/import/statement.h"
#include "manager/profile/syscalls.h"

namespace glacis::import::seccomp {
namespace {

using diag::Code;
using Json = nlohmann::json;
using profile::SyscallAction;
using profile::SyscallArg;
using profile::SyscallOp;

// As Go names it.
#if defined(__x86_64__)
constexpr std::string_view machine = "amd64", compat_machine = "SCMP_ARCH_X86";
#elif defined(__aarch64__)
constexpr std::string_view machine = "arm64", compat_machine = "SCMP_ARCH_ARM";
#else
constexpr std::string_view machine = "unknown", compat_machine = "-";
#endif

enum class Action { allow, log, deny, trap, kill, ask };

// Reads values; the first fault is kept, and what is at fault is left out.
class Reader {
 public:
  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

 protected:
  void fault(std::string what) {
    if (!fault_) fault_ = std::move(what);
  }

  Action action_of(const std::string& word) {
    static const std::map<std::string, Action, std::less<>> words = {
        {"SCMP_ACT_ALLOW", Action::allow},       {"SCMP_ACT_LOG", Action::log},
        {"SCMP_ACT_ERRNO", Action::deny},        {"SCMP_ACT_TRAP", Action::trap},
        {"SCMP_ACT_KILL", Action::kill},         {"SCMP_ACT_KILL_THREAD", Action::kill},
        {"SCMP_ACT_KILL_PROCESS", Action::kill}, {"SCMP_ACT_TRACE", Action::ask},
        {"SCMP_ACT_NOTIFY", Action::ask}};
    const auto found = words.find(word);
    if (found != words.end()) return found->second;
    fault(fmt::format("`{}` is no action", Untrusted(word)));
    return Action::deny;
  }

  SyscallOp op_of(const std::string& word) {
    static const std::map<std::string, SyscallOp, std::less<>> words = {
        {"SCMP_CMP_NE", SyscallOp::ne},
        {"SCMP_CMP_LT", SyscallOp::lt},
        {"SCMP_CMP_LE", SyscallOp::le},
        {"SCMP_CMP_EQ", SyscallOp::eq},
        {"SCMP_CMP_GE", SyscallOp::ge},
        {"SCMP_CMP_GT", SyscallOp::gt},
        {"SCMP_CMP_MASKED_EQ", SyscallOp::masked_eq}};
    const auto found = words.find(word);
    if (found != words.end()) return found->second;
    fault(fmt::format("`{}` is no comparison", Untrusted(word)));
    return SyscallOp::eq;
  }

  std::string text_of(const Json& value, const char* what) {
    if (value.is_string()) return value.get<std::string>();
    fault(fmt::format("{} is a string", what));
    return {};
  }

  std::uint64_t number_of(const Json& value, const char* what) {
    if (value.is_null()) return 0;
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    fault(fmt::format("{} is a number from 0 on", what));
    return 0;
  }

  std::vector<std::string> texts_of(const Json& value, const char* what) {
    std::vector<std::string> out;
    if (!value.is_null() && !value.is_array()) fault(fmt::format("{} is a list", what));
    if (value.is_array()) {
      for (const Json& each : value) out.push_back(text_of(each, what));
    }
    return out;
  }

 private:
  std::optional<std::string> fault_;
};

const Json& member(const Json& object, const char* key) {
  static const Json none;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

class Importer : public Reader {
 public:
  Importer(const Json& json, const ImportOptions& options, const std::vector<diag::Span>& places,
           const diag::SourceSet& sources, Findings& findings)
      : json_(json), options_(options), places_(places), statements_(sources, findings) {}

  Draft run(diag::Span top) {
    statements_.next(top);
    default_action();
    architectures();
    const Json& rules = member(json_, "syscalls");
    if (!rules.is_null() && !rules.is_array()) fault("`syscalls` is a list");
    if (rules.size() > most_rules) fault("this is too many rules");
    if (fault()) return {};
    for (std::size_t i = 0; i < rules.size(); ++i) {
      statements_.next(i < places_.size() ? places_[i] : top);
      rule(rules[i]);
    }
    return finish();
  }
  Tally tally() { return statements_.tally(); }

 private:
  void default_action() {
    const Action action = action_of(text_of(member(json_, "defaultAction"), "`defaultAction`"));
    list_ = action != Action::allow && action != Action::log;
    if (action == Action::log) statements_.note(Code::GL527, "what passes is not recorded");
    if (action == Action::kill || action == Action::trap)
      statements_.note(Code::GL532, "a call that is not on the list fails, and nobody is killed");
    if (action == Action::ask)
      statements_.tighter(Code::GL531, "no agent is asked about a call: it is refused");
    number(member(json_, "defaultErrnoRet"));
  }

  // The error that is answered is ours.
  void number(const Json& value) {
    const std::uint64_t error = number_of(value, "`errnoRet`");
    if (error != 0 && error != EPERM && error != ENOSYS)
      statements_.note(Code::GL532, "a call that is refused answers EPERM, whatever is written");
  }

  void architectures() {
    bool compat = false, x32 = false;
    const auto look = [&](const std::string& name) {
      compat = compat || name == compat_machine;
      x32 = x32 || name == "SCMP_ARCH_X32";
    };
    for (const std::string& name : texts_of(member(json_, "architectures"), "`architectures`"))
      look(name);
    const Json& map = member(json_, "archMap");
    if (!map.is_null() && !map.is_array()) fault("`archMap` is a list");
    for (const Json& each : map.is_array() ? map : Json::array()) {
      for (const std::string& name :
           texts_of(member(each, "subArchitectures"), "`subArchitectures`"))
        look(name);
    }
    draft_.syscalls.compat = compat && list_;
    if (x32) statements_.note(Code::GL531, "calls of the x32 ABI are refused always");
  }

  bool applies(const Json& rule) {
    const auto holds = [&](const std::string& capability) {
      return std::ranges::find(options_.capabilities, capability) != options_.capabilities.end();
    };
    const Json& with = member(rule, "includes");
    const Json& without = member(rule, "excludes");
    const auto arches = texts_of(member(with, "arches"), "`arches`");
    if (!arches.empty() && std::ranges::find(arches, machine) == arches.end()) return false;
    const auto others = texts_of(member(without, "arches"), "`arches`");
    if (std::ranges::find(others, machine) != others.end()) return false;
    const auto needs = texts_of(member(with, "caps"), "`caps`");
    if (!needs.empty() && !std::ranges::all_of(needs, holds)) {
      statements_.tighter(Code::GL529, "a rule for a capability is left out: name it with --cap");
      return false;
    }
    const auto bars = texts_of(member(without, "caps"), "`caps`");
    return std::ranges::none_of(bars, holds);
  }

  std::vector<std::string> names_of(const Json& rule) {
    std::vector<std::string> all = texts_of(member(rule, "names"), "`names`");
    if (const Json& one = member(rule, "name"); !one.is_null())
      all.push_back(text_of(one, "`name`"));
    names_ += all.size();
    if (names_ > most_names) fault("this is too many calls");
    std::vector<std::string> out;
    for (std::string& name : all) {
      if (profile::is_syscall(name)) {
        out.push_back(std::move(name));
      } else {
        unknown_ = true;
      }
    }
    return out;
  }

  std::vector<SyscallArg> args_of(const Json& rule) {
    std::vector<SyscallArg> out;
    const Json& args = member(rule, "args");
    if (args.is_null()) return out;
    if (!args.is_array() || args.size() > most_args) {
      fault("`args` is a list of comparisons");
      return out;
    }
    for (const Json& each : args) {
      SyscallArg arg;
      const std::uint64_t index = number_of(member(each, "index"), "`index`");
      if (index > 5) fault("a call has six arguments, from 0 to 5");
      arg.index = static_cast<unsigned>(std::min<std::uint64_t>(index, 5));
      arg.op = op_of(text_of(member(each, "op"), "`op`"));
      arg.value = number_of(member(each, "value"), "`value`");
      if (arg.op == SyscallOp::masked_eq) {
        arg.mask = arg.value;
        arg.value = number_of(member(each, "valueTwo"), "`valueTwo`");
      }
      out.push_back(arg);
    }
    return out;
  }

  void rule(const Json& rule) {
    if (!rule.is_object()) {
      fault("a rule is an object");
      return;
    }
    const Action action = action_of(text_of(member(rule, "action"), "`action`"));
    unknown_ = false;
    std::vector<std::string> names = names_of(rule);
    std::vector<SyscallArg> args = args_of(rule);
    number(member(rule, "errnoRet"));
    if (!applies(rule)) return;
    const bool allows = action == Action::allow || action == Action::log;
    if (unknown_ && !allows && !list_)
      statements_.looser(Code::GL519, "calls that are not known here are not refused");
    if (action == Action::log) statements_.note(Code::GL527, "what passes is not recorded");
    if (action == Action::trap)
      statements_.note(Code::GL532, "a call that is refused answers EPERM, whatever is written");
    if (action == Action::ask)
      statements_.tighter(Code::GL531, "no agent is asked about a call: it is refused");
    if (names.empty()) return;
    const SyscallAction as = allows                   ? SyscallAction::allow
                             : action == Action::kill ? SyscallAction::kill
                                                      : SyscallAction::deny;
    if (allows && !list_) return;  // so is everything
    put(as, std::move(names), std::move(args));
  }

  // Runtimes take comparisons of one argument as alternatives.
  void put(SyscallAction action, std::vector<std::string> names, std::vector<SyscallArg> args) {
    std::ranges::stable_sort(args, {}, &SyscallArg::index);
    const bool repeats = std::ranges::adjacent_find(args, {}, &SyscallArg::index) != args.end();
    if (!repeats) {
      keep(action, std::move(names), std::move(args));
      return;
    }
    for (const SyscallArg& arg : args) keep(action, names, {arg});
  }

  // Our grants take comparisons that nothing above the low half of an argument
  // can turn round, and so do refusals; of others a part is left out.
  void keep(SyscallAction action, std::vector<std::string> names, std::vector<SyscallArg> args) {
    const bool allows = action == SyscallAction::allow;
    const bool held = std::ranges::none_of(args, [&](const SyscallArg& arg) {
      return allows ? arg.op == SyscallOp::ne || arg.op == SyscallOp::gt || arg.op == SyscallOp::ge
                    : arg.op == SyscallOp::lt || arg.op == SyscallOp::le;
    });
    const auto add = [&](SyscallAction as, std::vector<SyscallArg> with, bool part = false) {
      rules_.push_back(
          {as, names, std::move(with), statements_.origin(), statements_.span(), part});
    };
    if (held) {
      add(action, std::move(args));
    } else if (allows && args.size() == 1 && args[0].op == SyscallOp::ne) {
      // All but one value: docker's way to refuse one family of sockets.
      args[0].op = SyscallOp::eq;
      add(action, {});
      add(SyscallAction::deny, std::move(args), true);
    } else if (allows) {
      statements_.tighter(Code::GL529, "a grant by this comparison can't be held: it is left out");
    } else {
      statements_.tighter(Code::GL528, "a refusal by this comparison refuses the call whole");
      add(action, {});
    }
  }

  Draft finish() {
    std::map<SyscallAction, std::set<std::string>> whole;
    for (const Made& made : rules_) {
      if (made.args.empty()) whole[made.action].insert(made.calls.begin(), made.calls.end());
    }
    std::set<std::pair<SyscallAction, std::string>> seen;
    for (Made& made : rules_) write(made, whole, seen);
    if (list_ && draft_.syscalls.allow.empty() && draft_.syscalls.rules.empty())
      draft_.syscalls.allow.push_back({"exit_group", {}});
    return std::move(draft_);
  }

  struct Made {
    SyscallAction action;
    std::vector<std::string> calls;
    std::vector<SyscallArg> args;
    std::string origin;
    diag::Span span;
    bool part = false;  // of a grant
  };

  void write(Made& made, std::map<SyscallAction, std::set<std::string>>& whole,
             std::set<std::pair<SyscallAction, std::string>>& seen) {
    const auto& killed = whole[SyscallAction::kill];
    const auto& denied = whole[SyscallAction::deny];
    const auto& own = whole[made.action];
    const auto& granted = whole[SyscallAction::allow];
    const bool allows = made.action == SyscallAction::allow;
    // What a list does not hold is refused anyway.
    const bool implied = made.action == SyscallAction::deny && list_ && made.args.empty();
    bool overlap = false;
    std::vector<std::string> calls;
    for (std::string& call : made.calls) {
      overlap = overlap || (allows ? killed.contains(call) || denied.contains(call)
                                   : granted.contains(call) && !made.args.empty() && !made.part);
      if (implied) continue;
      // A call that is refused whole is not granted in part, and so on.
      if (!made.args.empty() && own.contains(call)) continue;
      if (made.action != SyscallAction::kill && killed.contains(call)) continue;
      if (allows && denied.contains(call)) continue;
      if (made.args.empty() && !seen.insert({made.action, call}).second) continue;
      calls.push_back(std::move(call));
    }
    if (overlap) {
      statements_.about(made.span);
      statements_.note(Code::GL531, "a call that is granted and refused is refused");
    }
    std::ranges::sort(calls);
    calls.erase(std::ranges::unique(calls).begin(), calls.end());
    if (calls.empty()) return;
    if (!made.args.empty()) {
      draft_.syscalls.rules.push_back(
          {made.action, std::move(calls), std::move(made.args), made.origin});
      return;
    }
    auto& to = allows                               ? draft_.syscalls.allow
               : made.action == SyscallAction::deny ? draft_.syscalls.deny
                                                    : draft_.syscalls.kill;
    for (std::string& call : calls) to.push_back({std::move(call), made.origin});
  }

  const Json& json_;
  const ImportOptions& options_;
  const std::vector<diag::Span>& places_;
  Statements statements_;
  Draft draft_;
  std::vector<Made> rules_;
  bool list_ = false, unknown_ = false;
  std::size_t names_ = 0;
};

void grant_rest(Draft& draft) {
  grant_files(draft, reading | changing | running | remaining,
              "seccomp does not ask about what follows. Narrow it to what the program needs.");
  grant_nameless(draft);
  grant_sockets(draft, true);
  grant_capabilities(draft);
  grant_tasks(draft);
  grant_memory(draft);
  grant_kernel(draft);
}

}  // namespace

std::optional<Imported> import_text(std::string text, const std::string& path,
                                    const ImportOptions& options, diag::Diagnostics& diagnostics,
                                    diag::SourceSet& sources) {
  const std::uint32_t file = sources.add(path, std::move(text));
  const std::string& source = sources[file].text();
  diag::Span top{file, 1, 1, 2};
  const auto refuse = [&](const std::string& what) -> std::optional<Imported> {
    diagnostics.add(Code::GL501, what).at(top);
    return std::nullopt;
  };
  const Places places = places_in(source, file);
  if (places.depth > deepest) return refuse("this nests too deeply");
  const Json json = Json::parse(source, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return refuse("this is no object of JSON");
  const Json& inner = member(member(json, "linux"), "seccomp");
  Findings findings;
  Importer importer(inner.is_object() ? inner : json, options, places.rules, sources, findings);
  Draft draft = importer.run(top);
  if (importer.fault()) return refuse(*importer.fault());
  draft.name = profile_name(options.name);
  draft.head = fmt::format("Imported from seccomp: {}.\nBehind each call is where it was.",
                           std::filesystem::path(path).filename().string());
  draft.description = "imported from a seccomp profile";
  grant_rest(draft);
  findings.add(Code::GL533, "a seccomp profile does not say whom it is for", top);
  Imported out = finish(draft, importer.tally(), top, diagnostics);
  out.source = path;
  out.was = options.name;
  findings.write_to(diagnostics);
  diagnostics.sort();
  return out;
}

}  // namespace glacis::import::seccomp
