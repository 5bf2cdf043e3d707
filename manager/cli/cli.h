// SPDX-License-Identifier: Apache-2.0
// What every command of `glacis` shares: the global options, where output goes,
// and the action that the parsed command line asks for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manager/base/result.h"
#include "manager/cli/output.h"

namespace glacis::cli {

class Command;

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
void add_init(Command app, Cli& cli);
void add_check(Command app, Cli& cli);
void add_compile(Command app, Cli& cli);
void add_explain(Command app, Cli& cli);
void add_diff(Command app, Cli& cli);
void add_sim(Command app, Cli& cli);
void add_export(Command app, Cli& cli);
void add_import(Command app, Cli& cli);
void add_load(Command app, Cli& cli);
void add_unload(Command app, Cli& cli);
void add_mode(Command app, Cli& cli);
void add_status(Command app, Cli& cli);
void add_run(Command app, Cli& cli);
void add_adopt(Command app, Cli& cli);
void add_reload(Command app, Cli& cli);
void add_confirm(Command app, Cli& cli);
void add_lock(Command app, Cli& cli);
void add_session(Command app, Cli& cli);
void add_watch(Command app, Cli& cli);
void add_top(Command app, Cli& cli);
void add_trace(Command app, Cli& cli);
void add_candidate(Command app, Cli& cli);
void add_learn(Command app, Cli& cli);
void add_learn_calls(Command learn, Cli& cli);  // learn calls
void add_coverage(Command app, Cli& cli);
void add_review(Command app, Cli& cli);
void add_evidence(Command app, Cli& cli);
void add_proof(Command evidence, Cli& cli);  // evidence verify, key, rotate
void add_why(Command app, Cli& cli);
void add_correlate(Command app, Cli& cli);
void add_notify(Command app, Cli& cli);
void add_report(Command app, Cli& cli);
void add_metrics(Command app, Cli& cli);
void add_doctor(Command app, Cli& cli);
void add_selftest(Command app, Cli& cli);
void add_drill(Command app, Cli& cli);
void add_version(Command app, Cli& cli);
void add_completion(Command app, Cli& cli);

[[nodiscard]] inline int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace glacis::cli
