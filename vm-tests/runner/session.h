// SPDX-License-Identifier: Apache-2.0
// Runs scenarios: the control, then the same act inside the domain, then what
// is to be seen of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vm-tests/runner/command.h"
#include "vm-tests/runner/events.h"
#include "vm-tests/runner/expect.h"
#include "vm-tests/runner/profile_text.h"
#include "vm-tests/runner/scenario.h"

namespace glacis::scenario {

struct Options {
  std::filesystem::path glacis = "glacis";
  std::filesystem::path act;       // the program
  std::filesystem::path profiles;  // whose abstractions profiles include, or empty
  std::filesystem::path build;     // @BIN@
  std::filesystem::path work = "/tmp/glacis-scn";
  std::chrono::milliseconds limit{120'000};
};

enum class Verdict { passed, failed, skipped };

struct Report {
  const Scenario* scenario = nullptr;
  Verdict verdict = Verdict::failed;
  std::string why;
  long milliseconds = 0;
  std::vector<std::uint64_t> records;  // numbers of those that were expected and came
};

// A sentence about what went wrong; empty if nothing did.
using Problem = std::string;

class Session {
 public:
  explicit Session(Options options);

  // The working folder, a copy of the act program in it, and a profile that keeps
  // the hooks attached.
  [[nodiscard]] Status prepare();
  // Unloads that profile.
  [[nodiscard]] Problem finish();
  // Scenarios that share a profile; `done` is called after each.
  void run_group(const std::vector<const Scenario*>& group,
                 const std::function<void(const Report&)>& done);

 private:
  [[nodiscard]] Status copy_abstractions() const;
  [[nodiscard]] std::string next_profile();
  [[nodiscard]] Problem load(const std::string& name, const std::string& text);
  // `controlled`: what came of the control, where it was made before.
  [[nodiscard]] Report run_one(const Scenario& scenario, const Problem& loaded,
                               const std::optional<Problem>& controlled);
  [[nodiscard]] Problem skip_reason(const Scenario& scenario) const;
  // Both runs of an act: what is around it is the same.
  [[nodiscard]] Problem around(const Scenario& scenario,
                               const std::function<Problem(const Json&)>& judge, bool inside);
  [[nodiscard]] Problem control(const Scenario& scenario);
  [[nodiscard]] Problem confined(const Scenario& scenario);
  [[nodiscard]] Problem set_up(const Scenario& scenario);
  [[nodiscard]] Problem start_helpers(const Scenario& scenario, std::vector<Child>& helpers);
  [[nodiscard]] Result<Json> perform(const Scenario& scenario, bool inside);
  [[nodiscard]] Result<Json> perform_adopted(const Scenario& scenario, bool inside);
  // The records that came since the last time that these were asked for.
  [[nodiscard]] Result<std::vector<Json>> fresh_records();
  [[nodiscard]] std::string what_was_recorded();
  [[nodiscard]] Problem check_events(const Scenario& scenario);
  // Whether the profile needs the hooks whose records are expected: what another
  // profile keeps attached proves nothing.
  [[nodiscard]] Problem check_hooks(const Scenario& scenario);
  [[nodiscard]] Problem find_events(const Scenario& scenario, const std::vector<Json>& records);
  [[nodiscard]] EventCheck resolved(EventCheck check) const;
  [[nodiscard]] std::vector<std::string> act_words(const Scenario& scenario) const;
  [[nodiscard]] Finished shell(const std::string& line) const;

  Options options_;
  Command command_;
  Names names_;
  std::string profile_;                            // as loaded
  std::optional<std::vector<std::string>> hooks_;  // that it needs, once asked
  Events events_;
  std::vector<std::uint64_t> found_;  // numbers of the records that were expected
  bool stale_ = false;                // an act was performed and its records were not asked for
  int profiles_ = 0;                  // so many had a name so far
  std::string keeper_;                // loaded from beginning to end
  std::string release_;
};

}  // namespace glacis::scenario
