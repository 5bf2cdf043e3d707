// SPDX-License-Identifier: Apache-2.0
// Settings of a unit as rules. Each file behind it is one subject.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manager/import/draft.h"
#include "manager/import/statement.h"
#include "manager/import/systemd/import.h"
#include "manager/import/systemd/unit.h"

namespace glacis::import::systemd {

// What a mount of the unit's namespace makes of a tree. Of nested trees the
// deepest counts, but below one that is hidden nothing is.
enum class Tree { writable, read_only, hidden };

class Translator {
 public:
  Translator(std::string unit, const ImportOptions& options, const diag::SourceSet& sources,
             Findings& findings);

  void add(const Setting& setting);
  Draft finish(diag::Span top);
  [[nodiscard]] Tally tally() { return statements_.tally(); }
  [[nodiscard]] bool has_program() const { return has_program_; }

 private:
  using Words = std::vector<std::string>;
  using Handler = void (Translator::*)(const std::string& value);
  static const std::map<std::string_view, Handler>& handlers();

  // A list of names that can be turned round with ~, as systemd adds them up.
  struct Choice {
    bool set = false;
    bool inverted = false;  // the names are what is left out
    std::set<std::string> names;
  };
  void choose(Choice& to, const std::string& value);
  [[nodiscard]] static bool chosen(const Choice& choice, const std::string& name);

  [[nodiscard]] static bool yes(const std::string& value);
  // A path with its specifiers replaced; nothing, and it is said, where that is
  // not possible.
  std::optional<std::string> path(std::string text, bool refuses);

  // Of the first of these that is set.
  [[nodiscard]] std::string origin_of(std::initializer_list<const char*> keys) const;

  // import.cpp
  void exec_start(const std::string& value);
  void user(const std::string& value);
  void dynamic_user(const std::string& value);
  void bounding_set(const std::string& value) { choose(bounding_, value); }
  void ambient_set(const std::string& value) { choose(ambient_, value); }
  void no_new_privileges(const std::string& value);
  void write_execute(const std::string& value) { write_execute_ = !yes(value); }
  void lost(const std::string& value);
  void limit(const std::string& value);
  void capabilities(Draft& draft) const;

  // trees.cpp
  void protect_system(const std::string& value);
  void protect_home(const std::string& value);
  void writable(const std::string& value) { trees(value, Tree::writable); }
  void read_only(const std::string& value) { trees(value, Tree::read_only); }
  void hidden(const std::string& value) { trees(value, Tree::hidden); }
  void trees(const std::string& value, Tree tree);
  void exec_paths(const std::string& value) { executables(value, true); }
  void no_exec_paths(const std::string& value) { executables(value, false); }
  void executables(const std::string& value, bool may);
  void temporary(const std::string& value);
  void bind_paths(const std::string& value) { bound(value, Tree::writable); }
  void bind_read_only(const std::string& value) { bound(value, Tree::read_only); }
  void bound(const std::string& value, Tree tree);
  void state_directory(const std::string& value) { directory("/var/lib/", value); }
  void runtime_directory(const std::string& value) { directory("/run/", value); }
  void cache_directory(const std::string& value) { directory("/var/cache/", value); }
  void logs_directory(const std::string& value) { directory("/var/log/", value); }
  void configuration_directory(const std::string& value) { directory("/etc/", value); }
  void directory(const std::string& base, const std::string& value);
  void private_devices(const std::string& value);
  void kernel_tunables(const std::string& value);
  void control_groups(const std::string& value);
  void kernel_modules(const std::string& value);
  void kernel_logs(const std::string& value);
  void clock(const std::string& value);
  void put(const std::string& path, Tree tree);
  // All paths; with devices of its own, without the host's /dev.
  [[nodiscard]] std::vector<Item> everywhere() const;
  void files(Draft& draft);
  template <typename Map, typename Refused>
  void divide(const Map& trees, Refused refused, FileDraft& grants, FileDraft& refusals);
  void writes(Draft& draft);
  void execution(Draft& draft);

  // network.cpp
  void families(const std::string& value);
  void allow_addresses(const std::string& value) { addresses(value, allowed_); }
  void deny_addresses(const std::string& value);
  void addresses(const std::string& value, std::vector<std::string>& to);
  void bind_allow(const std::string& value);
  void bind_deny(const std::string& value);
  void private_network(const std::string& value);
  void sockets(Draft& draft);
  void internet(Draft& draft, bool v4, bool v6);

  // calls.cpp
  void filter(const std::string& value);
  void error_number(const std::string& value) { error_number_ = !value.empty() && value != "kill"; }
  void architectures(const std::string& value);
  void namespaces(const std::string& value);
  void lock_personality(const std::string& value);
  void realtime(const std::string& value);
  void hostname(const std::string& value);
  void calls(Draft& draft);
  void refuse_calls(std::initializer_list<const char*> names);

  struct TreeAt {
    Tree tree = Tree::writable;
    std::string origin;
    diag::Span span;
  };
  struct RunAt {
    bool may = false;
    std::string origin;
  };
  struct Call {
    profile::SyscallAction action = profile::SyscallAction::allow;
    std::string origin;
  };

  std::string unit_;
  const ImportOptions& options_;
  Statements statements_;
  std::string key_;
  std::map<std::string, std::string> origins_;  // of each key's last setting
  bool has_program_ = false;
  bool other_user_ = false, no_new_privileges_ = false, write_execute_ = true;
  Choice bounding_, ambient_;
  std::set<std::string> dropped_;  // capabilities
  std::set<std::string> closed_;   // doors to the kernel
  std::map<std::string, TreeAt> trees_;
  std::map<std::string, RunAt> runs_;
  bool own_devices_ = false;  // PrivateDevices=
  Choice families_;
  std::vector<std::string> allowed_, denied_;
  std::vector<std::pair<std::string, std::string>> binds_;  // "tcp", "80"
  bool bind_any_ = true, private_network_ = false, limits_ = false;
  bool list_ = false, filters_ = false, error_number_ = false, compat_ = true;
  std::map<std::string, Call> calls_;
  std::map<std::string, std::string> refused_;  // whatever the filter says, with origin
  std::vector<SyscallRuleDraft> call_rules_;
};

}  // namespace glacis::import::systemd
