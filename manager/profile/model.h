// SPDX-License-Identifier: Apache-2.0
// What a profile says once variables, abstractions and drop-ins are resolved:
// a flat list of rules, each with an id and the place that it was written at.
// The image builder, the simulator's explanations and the other backends read
// this and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lsm/abi/access.h"
#include "lsm/abi/verdict.h"
#include "manager/base/attach.h"
#include "manager/base/digests.h"
#include "manager/diag/span.h"

namespace glacis::profile {

using RuleId = std::uint16_t;  // 1 .. GL_RULES_MAX, in order of writing

enum class Owner { any, self, root };

// Where an exec leads: to a profile's domain, or nowhere (`to` is empty).
struct Transition {
  std::string to;
  bool scrub = false;   // the program starts with AT_SECURE
  bool unsafe = false;  // also traced, with shared fs or no_new_privs

  friend bool operator==(const Transition&, const Transition&) = default;
};

// One pattern of a [[file]] rule, an [exec] grant or a Unix-socket rule. `glob`
// is absolute ("/...", or "@..." for an abstract Unix name), variables are
// substituted, braces are still in it. Grammar: `*` any run without '/', `**`
// any run, `?` one byte but '/', `[a-z]` `[^a-z]` one byte but '/', `{a,b}`
// alternatives (they nest, and may be empty), `\` quotes the next byte.
struct PathRule {
  std::string glob;
  std::uint32_t access = 0;  // GL_FILE_*
  Owner owner = Owner::any;
  bool deny = false;
  std::optional<Transition> transition = std::nullopt;  // with GL_FILE_TRANSITION
};

// A grant for objects that have no path (lsm/abi/access.h, gl_ending).
struct EndingRule {
  std::vector<gl_ending> endings;
  std::uint32_t access = 0;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 65535;
};

struct Cidr {
  bool v6 = false;
  std::array<std::uint8_t, 16> address{};  // network order; v4 in the first 4
  unsigned prefix = 0;                     // bits
};

// A grant (or refusal) of bind, connect or send. No CIDR means every address of
// both families; no port range means every port. `sockets` are the kinds that
// it speaks of; granting any of them also grants creating such a socket.
struct NetRule {
  std::vector<gl_net_op> ops;
  std::vector<gl_socket> sockets;
  std::vector<Cidr> addresses;
  std::vector<PortRange> ports;
  bool deny = false;
};

// A grant to create sockets of a kind, without any address.
struct SocketRule {
  std::vector<gl_socket> sockets;
};

struct CapabilityRule {
  gl_capability capability{};
  bool deny = false;
};

struct MemoryRule {
  std::uint32_t access = 0;  // GL_MEMORY_*
};

struct KernelRule {
  std::uint32_t access = 0;  // GL_KERNEL_*
};

// What may be done to tasks of one sort (or, with `deny`, may not).
struct ProcessRule {
  std::string peer;           // self, unconfined, any, or a profile's name
  std::uint32_t access = 0;   // GL_TASK_*
  std::uint64_t signals = 0;  // bits 1 << (number - 1), none without GL_TASK_SIGNAL
  bool deny = false;
};

enum class SyscallAction { allow, deny, kill };
enum class SyscallOp { eq, ne, lt, le, gt, ge, masked_eq };

// A condition on one argument, as the unsigned number that its register holds.
struct SyscallArg {
  unsigned index = 0;  // 0 .. 5
  SyscallOp op = SyscallOp::eq;
  std::uint64_t value = 0;
  std::uint64_t mask = 0;  // masked_eq only

  friend bool operator==(const SyscallArg&, const SyscallArg&) = default;
};

// What [syscalls] says of calls, by name; with `args` only where all of them
// hold. Kill wins over deny, and deny over allow. Any allow makes the profile's
// allows a list: what is not on it is refused.
struct SyscallRule {
  SyscallAction action = SyscallAction::allow;
  std::vector<std::string> calls;  // sorted, each once
  std::vector<SyscallArg> args;    // at most one for each index, in their order
  std::string group;               // "@io" where the profile names a group
};

using RuleBody = std::variant<PathRule, EndingRule, NetRule, SocketRule, CapabilityRule, MemoryRule,
                              KernelRule, ProcessRule, SyscallRule>;

struct Rule {
  RuleId id = 0;
  diag::Span span;
  RuleBody body;
};

enum class OnViolation { deny, kill };
enum class OnError { deny, allow };
enum class Layers { automatic, bpf, apparmor };  // which layer is to enforce
inline constexpr std::array<std::string_view, 3> layers_words = {"auto", "bpf", "apparmor"};
enum class OnInherited {
  deny,
  report
};  // a descriptor that is not granted, at the exec that enters

// What becomes of a domain while its refusals can't be kept: nothing, everything is refused, or its
// processes are ended too.
enum class OnEvidenceFailure { go_on, deny, halt };
inline constexpr std::array<std::string_view, 3> evidence_failure_words = {"continue", "deny",
                                                                           "halt"};

// Whom refusals are told, and what is to be done then.
struct Contact {
  std::string owner, severity, runbook;

  friend bool operator==(const Contact&, const Contact&) = default;
};

// Refusals that somebody knows and answers for, until a day. Empty lists match
// everything.
struct Benign {
  std::vector<std::string> hooks, globs, capabilities;
  std::string owner, reason;
  std::string expires;  // the last day: 2027-06-30

  friend bool operator==(const Benign&, const Benign&) = default;
};

struct ResolvedProfile {
  std::string name;
  std::string description;
  gl_mode mode = GL_MODE_OBSERVE;
  OnViolation on_violation = OnViolation::deny;
  std::uint32_t kill_after = 0;  // refusals within a minute, then each further one kills; 0: never
  OnError on_error = OnError::deny;
  OnInherited on_inherited = OnInherited::deny;
  Layers backend = Layers::automatic;  // no part of the image: who loads it asks
  OnEvidenceFailure on_evidence_failure = OnEvidenceFailure::go_on;
  bool inherit_stdio = false;  // 0, 1 and 2 are kept at the exec that enters, whatever they are
  Attachments attach;
  std::vector<FileDigest> digests;
  Contact contact;
  std::vector<Benign> benign;
  bool syscalls_compat = false;    // a list of calls also holds for the 32-bit ABI
  std::vector<Rule> rules;         // sorted by id
  std::vector<std::string> files;  // Span::file indexes this
};

}  // namespace glacis::profile
