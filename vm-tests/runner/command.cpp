// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/runner/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace glacis::scenario {
namespace {

std::string domain_of(const Json& record) {
  const auto found = record.find("domain");
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string Command::call(std::vector<std::string> arguments) const {
  const std::string text = fmt::format("glacis {}", fmt::join(arguments, " "));
  arguments.insert(arguments.begin(), program_.string());
  const Finished done = run(arguments, limit_);
  if (done.timed_out) return fmt::format("`{}` did not end", text);
  if (done.status == 0) return {};
  return fmt::format("`{}` ended with {}: {}{}", text, done.status, done.out, done.err);
}

std::string Command::load(const std::filesystem::path& profile) const {
  return call({"load", profile.string()});
}

std::string Command::unload(const std::string& name) const { return call({"unload", name}); }

std::string Command::adopt(const std::string& name, pid_t pid) const {
  return call({"adopt", "--profile", name, fmt::format("{}", pid)});
}

Result<std::vector<std::string>> Command::hooks(const std::filesystem::path& profile) const {
  const Finished done = run({program_.string(), "explain", "--json", profile.string()}, limit_);
  const Json explained = Json::parse(done.out, nullptr, false);
  if (done.status != 0 || !explained.is_object() || !explained.contains("hooks"))
    return fail(Exit::usage, fmt::format("`glacis explain {}` ended with {}: {}", profile.string(),
                                         done.status, done.err));
  return explained["hooks"].get<std::vector<std::string>>();
}

std::vector<std::string> Command::run_line(const std::string& name,
                                           const std::vector<std::string>& argv) const {
  std::vector<std::string> line{program_.string(), "run", "--profile", name, "--"};
  line.insert(line.end(), argv.begin(), argv.end());
  return line;
}

Result<std::vector<Json>> Command::evidence(const std::string& domain) const {
  const Finished done =
      run({program_.string(), "evidence", "list", "--json", "--domain", domain}, limit_);
  if (done.status != 0) {
    return fail(Exit::usage,
                fmt::format("`glacis evidence list` ended with {}: {}", done.status, done.err));
  }
  auto records = parse_records(done.out);
  if (!records) return records;
  std::erase_if(*records, [&](const Json& record) { return domain_of(record) != domain; });
  return records;
}

Result<std::vector<Json>> parse_records(const std::string& text) {
  std::vector<Json> records;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    Json value = Json::parse(line, nullptr, false);
    if (value.is_object()) {
      records.push_back(std::move(value));
    } else if (value.is_array()) {
      for (Json& item : value) records.push_back(std::move(item));
    } else {
      return fail(Exit::usage, "a record is not JSON: " + line);
    }
  }
  return records;
}

}  // namespace glacis::scenario
