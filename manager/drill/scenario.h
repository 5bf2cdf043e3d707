// SPDX-License-Identifier: Apache-2.0
// Attacks as data (scenarios.json): each is a list of steps, and a step is one act
// of glacis-act with what it needs and how its side effect is seen from outside.
//
// {scratch} stands for the drill's own folder, {id} for its random name, {pid} for
// a process and {port} for a server that are there to be attacked. Everything that
// is made, changed or removed has {scratch} or {id} in its path: nothing of the
// host's own is ever a target of more than a look.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manager/base/result.h"

namespace glacis::drill {

enum class DecoyKind { file, program, folder, process, listener };
struct Decoy {
  DecoyKind kind = DecoyKind::file;
  std::string path;  // of a file, program or folder
};

// appears: there is something by that name. changes: what was there is other than
// before, or gone. ends: the decoy process. hears: the decoy server.
enum class ProbeKind { none, appears, changes, ends, hears };
struct Probe {
  ProbeKind kind = ProbeKind::none;  // none: the act's own word on its effect
  std::string path;
};

struct Step {
  std::string name, what;
  std::vector<std::string> attack;  // techniques of MITRE ATT&CK
  std::vector<std::string> act;     // name and arguments
  std::vector<Decoy> decoys;
  Probe probe;
};

struct Scenario {
  std::string name, what;
  std::vector<Step> steps;

  [[nodiscard]] std::set<std::string> techniques() const;
};

struct Scenarios {
  std::string attack;  // the version of ATT&CK
  std::vector<Scenario> all;
};

// The scenarios that are a part of this program.
[[nodiscard]] std::string_view scenarios_text();
[[nodiscard]] Result<Scenarios> parse_scenarios(std::string_view json);

// Those of these names, and of the others the steps of these techniques, where T1003
// has T1003.008 in it. Both empty: everything. An unknown one is an error.
[[nodiscard]] Result<Scenarios> choose(const Scenarios& from, const std::vector<std::string>& names,
                                       const std::vector<std::string>& techniques);

}  // namespace glacis::drill
