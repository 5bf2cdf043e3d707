// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/report.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>

namespace glacis::scenario {
namespace {

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "ok";
    case Verdict::skipped:
      return "skipped";
    case Verdict::failed:
      break;
  }
  return "FAIL";
}

}  // namespace

void Reporter::add(const Report& report) {
  reports_.push_back(report);
  const Scenario& scenario = *report.scenario;
  fmt::print("{} {}: {}", word(report.verdict), scenario.area, scenario.name);
  if (report.verdict == Verdict::failed) {
    fmt::print(" ({}:{})", scenario.file.filename().string(), scenario.line);
  }
  if (!report.why.empty()) fmt::print(": {}", report.why);
  fmt::print("\n");
  std::fflush(stdout);
  passed_ += report.verdict == Verdict::passed;
  failed_ += report.verdict == Verdict::failed;
  skipped_ += report.verdict == Verdict::skipped;
}

void Reporter::summary() const {
  for (const Report& report : reports_) {
    if (report.verdict == Verdict::failed) fmt::print("failed: {}\n", report.scenario->name);
  }
  if (skipped_ > 0) fmt::print("{} skipped\n", skipped_);
  fmt::print("{} passed, {} failed\n", passed_, failed_);
}

Status Reporter::write_json(const std::filesystem::path& path) const {
  utsname name{};
  uname(&name);
  Json all = Json::array();
  for (const Report& report : reports_) {
    all.push_back({{"name", report.scenario->name},
                   {"area", report.scenario->area},
                   {"file", report.scenario->file.filename().string()},
                   {"line", report.scenario->line},
                   {"result", word(report.verdict)},
                   {"why", report.why},
                   {"milliseconds", report.milliseconds},
                   {"records", report.records}});
  }
  const Json root = {{"schema", "glacis.scenarios/1"},
                     {"kernel", name.release},
                     {"passed", passed_},
                     {"failed", failed_},
                     {"skipped", skipped_},
                     {"scenarios", std::move(all)}};
  std::ofstream out(path);
  if (!(out << root.dump(1, ' ', false, Json::error_handler_t::replace) << '\n')) {
    return fail(Exit::usage, fmt::format("cannot write {}", path.string()));
  }
  return {};
}

}  // namespace glacis::scenario
