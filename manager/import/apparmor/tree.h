// SPDX-License-Identifier: Apache-2.0
// AppArmor policy as it is written: includes are followed, conditions decided,
// words still text. What they mean here is the translation's business.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/diag/span.h"

namespace glacis::import::apparmor {

struct Word {
  std::string text;
  diag::Span span;
  bool quoted = false;
};

// key=value, key=(a b) or key in (a b). What stands in the brackets may be
// conditions again: peer=(addr=none label=x).
struct Condition {
  Word key;
  bool in = false;
  std::vector<Word> values;
  std::vector<Condition> parts;
};

// In front of a rule, or of a block of them.
struct Qualifiers {
  bool audit = false;
  bool deny = false;
  bool owner = false;
  bool other = false;
  bool quiet = false;
  bool prompt = false;
  int priority = 0;
};

enum class Kind {
  file,  // words: path; access: its permissions
  link,  // words: name; target; access "subset" or nothing
  capability,
  network,
  mount,
  remount,
  umount,
  pivot_root,
  ptrace,
  signal,
  dbus,
  unix_socket,
  rlimit,
  change_profile,
  userns,
  io_uring,
  mqueue,
  all,
};

struct Rule {
  Kind kind = Kind::file;
  Qualifiers qualifiers;
  diag::Span span;
  std::vector<Word> access;  // in brackets; of a file rule one word: "rwPx"
  std::vector<Word> words;
  std::vector<Condition> conditions;
  std::optional<Word> target;  // behind ->
  bool safe = false;           // change_profile and exec: the words themselves
  bool unsafe = false;
};

enum class Mode { enforce, complain, kill, unconfined, prompt };

struct Flags {
  Mode mode = Mode::enforce;
  bool audit = false;
  bool default_allow = false;
  std::vector<Word> others;  // attach_disconnected and so on
};

struct Profile {
  Word name;
  std::string full_name;  // parent//name
  std::optional<Word> attachment;
  std::vector<Condition> xattrs;
  Flags flags;
  bool hat = false;
  bool has_abi = false;
  bool userns_mediated = false;  // from abi 4.0 on
  std::vector<Rule> rules;
  std::vector<Profile> children;
};

struct Alias {
  Word from, to;
};

// The preamble holds for the whole file.
struct Policy {
  std::map<std::string, std::vector<Word>> variables;
  std::map<std::string, bool> booleans;
  std::vector<Alias> aliases;
  std::vector<Profile> profiles;
  std::optional<Word> abi;
};

}  // namespace glacis::import::apparmor
