// SPDX-License-Identifier: Apache-2.0
// A profile that is about to be written, and its text. Every importer fills one
// in; what it says is proven by compiling the text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manager/profile/model.h"

namespace glacis::import {

// Something and where it comes from, "usr.sbin.nscd:12", for a comment.
struct Item {
  std::string text;
  std::string origin;
};

struct FileDraft {
  bool deny = false;
  profile::Owner owner = profile::Owner::any;
  std::uint32_t access = 0;  // GL_FILE_*
  std::vector<Item> paths;
  std::vector<std::string> objects;  // instead of paths
  std::string comment;
};

struct TransitionDraft {
  std::vector<Item> paths;
  std::string to;
  bool scrub = true;
};

struct NetDraft {
  bool deny = false;
  std::vector<std::string> ops;
  std::vector<std::string> to;
  std::vector<Item> protocols;  // "tcp = \"any\""
  std::vector<Item> unix_names;
  std::vector<Item> sockets;
  std::string comment;
};

struct ProcessDraft {
  bool deny = false;
  std::string peer;
  std::uint32_t access = 0;   // GL_TASK_*
  std::uint64_t signals = 0;  // 0: all
  std::string origin;
};

struct SyscallRuleDraft {
  profile::SyscallAction action = profile::SyscallAction::allow;
  std::vector<std::string> calls;
  std::vector<profile::SyscallArg> args;
  std::string origin;
};

struct SyscallsDraft {
  std::vector<Item> groups, allow, deny, kill;
  std::vector<SyscallRuleDraft> rules;
  bool compat = false;
};

struct Draft {
  std::string name;
  std::string description;
  std::string head;  // comment lines above all, without #
  std::vector<std::string> includes;
  gl_mode mode = GL_MODE_ENFORCE;
  bool kill = false;
  std::vector<std::string> attach_exec;
  std::vector<std::string> attach_unit;
  std::vector<Item> exec;  // [exec] allow
  std::vector<TransitionDraft> transitions;
  std::vector<FileDraft> files;
  std::vector<NetDraft> nets;
  std::vector<ProcessDraft> processes;
  std::vector<Item> capabilities, denied_capabilities;
  std::vector<Item> memory, kernel;
  SyscallsDraft syscalls;
};

// Readable text: a path a line with its origin beside it, the longest blocks
// first come first. Ends with a newline.
[[nodiscard]] std::string toml(const Draft& draft);

// A string of the document, quoted as is most readable.
[[nodiscard]] std::string toml_string(const std::string& text);

// A name that a profile may have, made of any other: "/usr/sbin/nscd" is
// "usr.sbin.nscd", "a//b" is "a.b". What is too long ends in a hash.
[[nodiscard]] std::string profile_name(const std::string& text);

}  // namespace glacis::import
