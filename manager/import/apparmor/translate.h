// SPDX-License-Identifier: Apache-2.0
// A profile of AppArmor's as one of ours. What can't be said here is a finding,
// and never more than a finding says is granted or refused otherwise.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/diag/diagnostic.h"
#include "manager/diag/source.h"
#include "manager/import/apparmor/access.h"
#include "manager/import/apparmor/pattern.h"
#include "manager/import/apparmor/sockets.h"
#include "manager/import/apparmor/tree.h"
#include "manager/import/apparmor/variables.h"
#include "manager/import/draft.h"
#include "manager/import/findings.h"
#include "manager/profile/glob.h"

namespace glacis::import::apparmor {

// Rules of signals and traces by whom they speak of.
struct Reach {
  bool others = false;            // all profiles, or those of a pattern
  std::set<std::string> names{};  // other profiles by their name
  bool self = false;              // the profile itself
  bool everyone = false;          // all tasks, and all signals
  bool unconfined = false;        // tasks without a profile, and all signals

  void add(const Reach& more) {
    others = others || more.others;
    names.insert(more.names.begin(), more.names.end());
    self = self || more.self;
    everyone = everyone || more.everyone;
    unconfined = unconfined || more.unconfined;
  }
  // May speak of this profile, which is another one.
  [[nodiscard]] bool reaches(const std::string& name) const {
    return others || names.contains(name);
  }
};

// What others can say of a profile that is imported.
struct Known {
  std::string full_name;                 // AppArmor's
  std::string name;                      // ours
  std::string parent;                    // full name of the profile that it is a child of
  std::vector<std::string> attachments;  // patterns of ours
  Reach signals{}, traces{};             // whom it may signal and trace
  profile::Alternatives spelled{};       // its full name as a pattern
};

// Of the rules of one kind that grant one of the words, or all of them.
[[nodiscard]] Reach reach_of(const Profile& profile, Kind kind,
                             std::initializer_list<std::string_view> words);

// One path of a rule. Kept apart until all rules are known, since some of what
// they mean depends on others.
struct Entry {
  std::string glob;
  profile::Owner owner = profile::Owner::any;
  bool deny = false;
  bool directory = false;
  std::uint32_t access = 0;
  std::size_t rule = 0;
  profile::Alternatives alternatives{};
  std::string prefix{};
};

struct Move {
  std::string glob;
  std::string to;
  bool scrub = true;
  std::size_t rule = 0;
};

class Translator {
 public:
  Translator(const Policy& policy, const Profile& profile, const std::vector<Known>& known,
             const diag::SourceSet& sources, Findings& findings, diag::Diagnostics& diagnostics);

  // All rules; false after an error, which is among the diagnostics.
  bool rules();
  [[nodiscard]] const std::vector<Move>& moves() const { return moves_; }
  // Another profile leads here by this path.
  void entered_by(const std::string& glob) { entries_from_.push_back(glob); }
  // The profile as it is written.
  Draft finish();
  [[nodiscard]] Tally tally() const;
  [[nodiscard]] const Known& self() const { return *self_; }

 private:
  enum class Effect { looser, tighter, lost_looser, lost_tighter, said };
  struct Outcome {
    bool looser = false, tighter = false, lost = false;
  };

  void say(Effect effect, diag::Code code, std::string message, std::size_t rule);
  void say(Effect effect, diag::Code code, std::string message) {
    say(effect, code, std::move(message), rule_);
  }
  bool fail(diag::Code code, std::string message, diag::Span span);
  [[nodiscard]] std::string origin(std::size_t rule) const;
  [[nodiscard]] const Rule& rule() const { return profile_.rules[rule_]; }
  // What flags= say is no rule, and refuses nothing.
  [[nodiscard]] bool denies() const {
    return rule_ < profile_.rules.size() && rule().qualifiers.deny;
  }

  bool translate(const Rule& rule);
  bool known_words(const Rule& rule);
  void header();
  void qualifiers(const Rule& rule);

  // translate_files.cpp
  bool file(const Rule& rule);
  bool link(const Rule& rule);
  std::optional<std::vector<Globs>> paths(const Word& word);
  void add(std::string glob, std::uint32_t access, bool directory);
  void add_all(const std::vector<Globs>& all, std::uint32_t files, std::uint32_t directories);
  void everything(bool deny);
  void remove_dead();
  void renames();
  void kinds_of_object();
  void root_directory();
  void remove_covered();
  void write_files(Draft& draft);
  [[nodiscard]] bool covered(const Entry& entry, std::uint32_t access, bool by_directory) const;

  // translate_exec.cpp
  void exec(const Rule& rule, const FileAccess& access, const std::vector<std::string>& globs);
  void move(const std::string& glob, const std::string& to, bool scrub);
  void stays_confined(bool leaves);
  void attached(const Rule& rule, const FileAccess& access, const std::string& glob);
  std::optional<std::string> named_target(const Word& word, bool child);
  void write_moves(Draft& draft);
  void entry_grants();

  // translate_mounts.cpp
  bool mount(const Rule& rule);
  bool remount(const Rule& rule);
  bool umount(const Rule& rule);
  bool pivot_root(const Rule& rule);
  bool places(const std::vector<Word>& words, std::uint32_t access);

  // translate_inet.cpp
  void internet(const SocketAsks& asks, std::uint32_t versions, std::uint32_t types);
  void grant_addresses(const SocketAsks& asks, std::uint32_t versions, std::uint32_t types);
  void refuse_addresses(const SocketAsks& asks, std::uint32_t versions, std::uint32_t types);
  bool add_address(const SocketSide& side, gl_net_op op, std::uint32_t versions,
                   std::uint32_t types);
  void whole_versions(std::uint32_t versions, std::uint32_t types);
  void write_internet(Draft& draft);
  void write_addresses(Draft& draft, const NetAddress& each);
  void internet_made(std::uint32_t v4, std::uint32_t v6);
  void internet_not_asked(std::uint32_t made);

  // translate_net.cpp
  bool network(const Rule& rule);
  void allow_or_refuse(const std::string& name, std::uint32_t types);
  void other_sockets(const std::string& name, const SocketAsks& asks, std::uint32_t types);
  bool unix_socket(const Rule& rule);
  bool unix_listeners(const Rule& rule, bool connects, bool reaches, bool typed);
  void write_nets(Draft& draft);
  void write_unix_paths(Draft& draft);
  bool unix_refused();
  void unix_by_type(const Draft& draft);

  // translate_tasks.cpp
  bool signal(const Rule& rule);
  bool ptrace(const Rule& rule);
  bool capability(const Rule& rule);
  bool kernel_words(const Rule& rule);
  std::vector<std::string> peers(const Rule& rule);
  void process(const std::string& peer, std::uint32_t access, std::uint64_t signals);
  void write_unasked(Draft& draft);
  [[nodiscard]] bool reached_by_more() const;

  const Policy& policy_;
  const Profile& profile_;
  const std::vector<Known>& known_;
  const diag::SourceSet& sources_;
  diag::Diagnostics& diagnostics_;
  Variables variables_;
  Findings& findings_;
  const Known* self_ = nullptr;
  std::size_t rule_ = 0;
  std::vector<Outcome> outcomes_;

  std::vector<Entry> entries_;
  std::vector<Move> moves_;
  std::vector<std::string> entries_from_;
  std::vector<Item> capabilities_, denied_capabilities_;
  std::vector<Item> kernel_;
  bool user_namespaces_denied_ = false;
  std::vector<ProcessDraft> processes_;
  // Types of socket by family, with the rules that granted and refused each first.
  struct Family {
    std::uint32_t allowed = 0, denied = 0;
    std::size_t rule = 0, refusal = 0;
  };
  std::map<std::string, Family> families_;
  // Of the internet: what rules with addresses or a list of accesses speak of.
  std::vector<NetAddress> addresses_;
  std::map<std::uint32_t, std::uint32_t> made_;    // types by version, by `create` alone
  std::map<std::uint32_t, std::size_t> made_by_;   // the first rule that does, by version
  std::map<std::uint32_t, std::uint32_t> freely_;  // accesses by type, whatever the address
  std::map<std::uint32_t, std::size_t> limits_;    // the first rule that limits a type
  bool unix_sockets_ = false;
  std::map<std::uint32_t, std::vector<Item>> unix_names_;  // by 1 << gl_net_op, allowed
  std::map<std::uint32_t, std::vector<Item>> unix_denied_;
};

}  // namespace glacis::import::apparmor
