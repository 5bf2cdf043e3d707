// SPDX-License-Identifier: Apache-2.0
// One file of the language, checked on its own: words are values, strings that
// may hold variables are still strings. Includes are not followed yet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsm/abi/access.h"
#include "manager/profile/model.h"
#include "manager/profile/tree.h"

namespace glacis::profile {

// What a file is decides which tables it may have, and whose deny may narrow
// whose grants.
enum class Layer { abstraction = 0, profile = 1, drop_in = 2 };

struct Word {
  std::uint32_t value = 0;
  diag::Span span;
};

struct Variable {
  Text name;
  std::vector<Text> values;
};

struct FileBlock {
  diag::Span span;
  bool deny = false;
  std::vector<Text> paths;    // either paths ...
  std::vector<Word> endings;  // ... or objects without a path
  std::uint32_t access = 0;
  Owner owner = Owner::any;
};

// One [[exec.transition]].
struct TransitionBlock {
  std::vector<Text> paths;
  Transition transition;
};

// One protocol key of a [[net]]: no ranges means every port.
struct Protocol {
  gl_socket kind = GL_SOCKET_NONE;
  diag::Span span;
  std::vector<PortRange> ports;
};

struct NetBlock {
  diag::Span span;
  bool deny = false;
  std::vector<Word> ops;  // enum gl_net_op
  bool limited = false;   // `to` was given
  std::vector<Text> to;
  std::vector<Protocol> protocols;
  diag::Span unix_span;  // of the key
  std::vector<Text> unix_names;
  std::vector<Text> peers;    // who listens on a Unix socket
  std::vector<Word> sockets;  // enum gl_socket
};

// One [[process]].
struct ProcessBlock {
  bool deny = false;
  std::vector<Text> peers;
  std::uint32_t access = 0;
  std::uint64_t signals = 0;
};

struct Grants {
  std::vector<Word> allow;
  std::vector<Word> deny;
};

// What [syscalls] says in one list, or in one [[syscalls.rule]].
struct SyscallBlock {
  SyscallAction action = SyscallAction::allow;
  std::vector<Text> calls;  // names, or groups as "@io"
  std::vector<SyscallArg> args;
};

// Settings that were given; a drop-in's replace the profile's.
struct Settings {
  std::optional<Text> name;
  std::optional<Text> description;
  std::optional<gl_mode> mode;
  std::optional<OnViolation> on_violation;
  std::optional<std::uint32_t> kill_after;
  std::optional<OnError> on_error;
  std::optional<OnInherited> on_inherited;
  std::optional<Layers> backend;
  std::optional<OnEvidenceFailure> on_evidence_failure;
  std::optional<Text> owner;
  std::optional<std::string> severity;
  std::optional<Text> runbook;
};

// One [[benign]]; its paths are not expanded yet.
struct BenignBlock {
  Benign benign;
  std::vector<Text> paths;
};

struct AttachTable {
  std::vector<Text> exec;
  std::vector<Text> unit;
  std::vector<Text> user;
  std::vector<Text> oci;
  diag::Span oci_span;  // of the key
  std::vector<Text> inside;
  std::vector<Text> outside;
};

// [[exec.script]]: scripts, and what the kernel may run them with.
struct ScriptBlock {
  std::vector<Text> paths;
  std::vector<Text> interpreters;
};

// [[exec.digest]]: files, and what they may hold to become code.
struct DigestBlock {
  std::vector<Text> paths;
  std::vector<std::string> sha256;
};

struct Document {
  Layer layer = Layer::profile;
  std::uint32_t file = 0;
  std::vector<Text> includes;
  Settings settings;
  AttachTable attach;
  std::vector<Variable> variables;
  std::vector<Text> exec;
  std::vector<TransitionBlock> transitions;
  std::vector<ScriptBlock> scripts;
  std::vector<DigestBlock> digests;
  bool inherit_stdio = false;  // [exec] inherit
  std::vector<FileBlock> files;
  std::vector<NetBlock> nets;
  std::vector<ProcessBlock> processes;
  Grants capabilities;
  std::vector<Word> memory;
  std::vector<Word> kernel;
  std::vector<SyscallBlock> syscalls;
  std::optional<bool> syscalls_compat;
  std::vector<BenignBlock> benign;
};

}  // namespace glacis::profile
