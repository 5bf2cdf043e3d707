// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/evidence_log.h"

#include <unistd.h>

#include "manager/cli/host.h"
#include "manager/evidence/grade.h"
#include "manager/evidence/recorder.h"

namespace glacis::cli {

fs::path log_of(const std::string& file) {
  return file.empty() ? fs::path(evidence::log_path) : fs::path(file);
}

Status need_log(const std::string& file) {
  std::error_code ignored;
  if (file.empty() || fs::exists(file, ignored)) return {};
  return fail(Exit::usage, fmt::format("there is no file {}", shown(file)));
}

Result<std::optional<evidence::Live>> live_counts(const Output& out, const std::string& file) {
  std::optional<evidence::Live> none;
  if (!file.empty() || ::geteuid() != 0) return none;
  auto enforcer = kernel::Enforcer::open();
  if (!enforcer) return std::unexpected(enforcer.error());
  if (!*enforcer) return none;
  drain_evidence(out, **enforcer);
  auto live = evidence::live(**enforcer);
  if (!live) return std::unexpected(live.error());
  return std::optional(std::move(*live));
}

Result<evidence::Entry> open_record(const Output& out, const std::string& file,
                                    const std::string& name) {
  const auto parsed = evidence::parse_name(name);
  if (!parsed)
    return fail(Exit::usage, fmt::format("`{}` is no number of a record", shown(name)),
                "a number as `glacis evidence list` shows it: 88121, or n4711");
  if (auto there = need_log(file); !there) return std::unexpected(there.error());
  const auto live = live_counts(out, file);
  if (!live) return std::unexpected(live.error());
  return evidence::find_record(log_of(file), *parsed, *live ? &**live : nullptr);
}

void add_grade(Command command, std::string& to) {
  const auto words = evidence::grade_words();
  command.add_option("--grade", to, "Only what is as strong a proof, or stronger")
      .type_name("GRADE")
      .one_of({words.begin(), words.end()}, false);
}

}  // namespace glacis::cli
