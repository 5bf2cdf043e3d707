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
#include <variant>
#include <vector>

#include "lsm/abi/access.h"
#include "lsm/abi/verdict.h"
#include "manager/diag/span.h"

namespace glacis::profile {

using RuleId = std::uint16_t;  // 1 .. GL_RULES_MAX, in order of writing

enum class Owner { any, self, root };

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

using RuleBody = std::variant<PathRule, EndingRule, NetRule, SocketRule, CapabilityRule, MemoryRule,
                              KernelRule, ProcessRule>;

struct Rule {
  RuleId id = 0;
  diag::Span span;
  RuleBody body;
};

enum class OnViolation { deny, kill };
enum class OnError { deny, allow };

struct Attach {
  std::vector<std::string> exec;
  std::vector<std::string> unit;
  std::vector<std::string> oci;  // "key=value" annotations
};

struct ResolvedProfile {
  std::string name;
  std::string description;
  gl_mode mode = GL_MODE_OBSERVE;
  OnViolation on_violation = OnViolation::deny;
  OnError on_error = OnError::deny;
  Attach attach;
  std::vector<Rule> rules;         // sorted by id
  std::vector<std::string> files;  // Span::file indexes this
};

}  // namespace glacis::profile
