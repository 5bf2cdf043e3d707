// SPDX-License-Identifier: Apache-2.0
// An image, readable. Made from the image's bytes alone, so it shows what will
// be enforced; the source map only adds where each rule was written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manager/base/digests.h"
#include "manager/image/sourcemap.h"
#include "manager/image/view.h"

namespace glacis::image {

// A grant or refusal by one bit: a capability, a socket kind ...
struct ExplainedGrant {
  std::string name;
  bool allow = true;
  std::uint32_t rule = 0;
};

// Accesses to objects that have no path.
struct ExplainedEnding {
  std::string ending;
  std::uint32_t access = 0;
  std::uint32_t rule = 0;
};

// A stretch of addresses and ports with one verdict.
struct ExplainedNet {
  std::string op, group;  // group: tcp, udp, other
  bool v6 = false;
  std::string addresses;  // a CIDR where the stretch is one, else "first-last"
  std::string ports;      // "80", "1024-65535"
  bool allow = true;
  std::uint32_t rule = 0;
};

// A rule about other tasks.
struct ExplainedProcess {
  std::uint64_t peer = 0;  // GL_PEER_*, or the number of a profile's name
  std::uint32_t access = 0;
  std::uint64_t signals = 0;
  bool allow = true;
  std::uint32_t rule = 0;
};

// A rule that is a transition.
struct ExplainedTransition {
  std::uint64_t name = 0;  // 0: the domain stays
  bool scrub = false, unsafe = false;
  std::uint32_t rule = 0;
};

// What a path rule grants or refuses, gathered from the automaton's records.
struct ExplainedPath {
  std::uint32_t rule = 0;
  std::uint32_t allow = 0, allow_self = 0, allow_root = 0, deny = 0;
};

// What is said of system calls.
struct ExplainedSyscall {
  std::string action;  // allow, deny, kill
  std::vector<std::string> calls;
  std::string condition;  // " if 0 eq 0x1", or nothing
  std::uint32_t rule = 0;
};

struct Explanation {
  std::string digest;
  std::uint32_t abi = 0, size = 0, rules = 0;
  unsigned size_class = 0;
  bool kill = false, error_allow = false, inherit_stdio = false, inherit_report = false;
  std::uint32_t kill_after = 0;
  std::string_view evidence_failure = "continue";
  std::vector<std::string> hooks;
  std::uint32_t states = 0, cells = 0, classes = 0, accepts = 0;
  std::vector<ExplainedGrant> capabilities, sockets, memory, kernel;
  std::vector<ExplainedEnding> endings;
  std::vector<ExplainedNet> net;
  std::vector<ExplainedProcess> processes;
  std::vector<ExplainedTransition> transitions;
  std::vector<FileDigest> digests;
  std::vector<ExplainedPath> paths;
  std::vector<ExplainedSyscall> syscalls;
};

[[nodiscard]] Explanation explain(const ImageView& image);

// `map` may be null.
[[nodiscard]] std::string explain_text(const ImageView& image, const SourceMap* map);
[[nodiscard]] std::string explain_json(const ImageView& image, const SourceMap* map);

}  // namespace glacis::image
