// SPDX-License-Identifier: Apache-2.0
// What every command of `glacis` shares: the global options, where output goes,
// and the action that the parsed command line asks for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/cli/output.h"

namespace CLI {
class App;
}

namespace glacis::cli {

struct Cli {
  Output out;
  // What stands behind the first `--` of `glacis run` and `glacis learn`.
  std::vector<std::string> rest;
  // Set by the parsed subcommand; answers the exit code.
  std::function<Result<int>()> action;
  // `run` ends with 125 where glacis itself fails, since every other code is
  // its child's.
  int failure_code = 0;

  [[nodiscard]] int code_of(const Error& error) const {
    return failure_code != 0 ? failure_code : static_cast<int>(error.exit);
  }
};

// Each adds one subcommand, in the order of `glacis --help`.
void add_init(CLI::App& app, Cli& cli);
void add_check(CLI::App& app, Cli& cli);
void add_compile(CLI::App& app, Cli& cli);
void add_explain(CLI::App& app, Cli& cli);
void add_diff(CLI::App& app, Cli& cli);
void add_sim(CLI::App& app, Cli& cli);
void add_export(CLI::App& app, Cli& cli);
void add_import(CLI::App& app, Cli& cli);
void add_load(CLI::App& app, Cli& cli);
void add_unload(CLI::App& app, Cli& cli);
void add_mode(CLI::App& app, Cli& cli);
void add_status(CLI::App& app, Cli& cli);
void add_run(CLI::App& app, Cli& cli);
void add_adopt(CLI::App& app, Cli& cli);
void add_reload(CLI::App& app, Cli& cli);
void add_confirm(CLI::App& app, Cli& cli);
void add_lock(CLI::App& app, Cli& cli);
void add_watch(CLI::App& app, Cli& cli);
void add_top(CLI::App& app, Cli& cli);
void add_trace(CLI::App& app, Cli& cli);
void add_candidate(CLI::App& app, Cli& cli);
void add_learn(CLI::App& app, Cli& cli);
void add_learn_calls(CLI::App& learn, Cli& cli);  // learn calls
void add_coverage(CLI::App& app, Cli& cli);
void add_review(CLI::App& app, Cli& cli);
void add_evidence(CLI::App& app, Cli& cli);
void add_proof(CLI::App& evidence, Cli& cli);  // evidence verify, key, rotate
void add_why(CLI::App& app, Cli& cli);
void add_correlate(CLI::App& app, Cli& cli);
void add_notify(CLI::App& app, Cli& cli);
void add_report(CLI::App& app, Cli& cli);
void add_metrics(CLI::App& app, Cli& cli);
void add_doctor(CLI::App& app, Cli& cli);
void add_selftest(CLI::App& app, Cli& cli);
void add_drill(CLI::App& app, Cli& cli);
void add_version(CLI::App& app, Cli& cli);
void add_completion(CLI::App& app, Cli& cli);

[[nodiscard]] inline int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace glacis::cli
