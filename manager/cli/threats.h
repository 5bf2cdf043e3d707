// SPDX-License-Identifier: Apache-2.0
// The table of threats (vm-tests/threats.json), and what came of trying them:
// each row names the scenarios that try it, or says why it is open.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/cli/output.h"

namespace glacis::cli {

struct Threat {
  std::string id;
  std::string what;
  std::vector<std::string> attack;  // techniques of MITRE ATT&CK
  std::string decided;              // the hooks
  std::vector<std::string> scenarios;
  std::string open;  // what remains possible; empty if nothing is known to
};

struct Threats {
  std::string attack;  // the version of ATT&CK
  std::vector<Threat> rows;
  std::map<std::string, std::string> not_live;  // scenario: why not on a host that works
};

// What scenarios came to: glacis-scenarios --json.
struct Tried {
  std::string result;  // ok, FAIL, skipped
  std::string why;
  std::vector<std::uint64_t> records;
};
using Trials = std::map<std::string, Tried>;

enum class ThreatAnswer { refused, partly, open, not_tried, failed };

struct Row {
  const Threat* threat = nullptr;
  ThreatAnswer answer = ThreatAnswer::not_tried;
  std::size_t tried = 0;
  std::size_t refused = 0;
  std::vector<std::uint64_t> records;
  // Those that did not end well, each with its reason.
  std::vector<std::pair<std::string, std::string>> remarks;
};

[[nodiscard]] Result<Threats> read_threats(const std::filesystem::path& file);
[[nodiscard]] Result<Trials> read_trials(const std::filesystem::path& file);
// Every row has an answer: what was not tried is never one that was refused.
[[nodiscard]] std::vector<Row> judge(const Threats& threats, const Trials& trials);
[[nodiscard]] std::string_view word(ThreatAnswer answer);

}  // namespace glacis::cli
