// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/threats.h"

#include <nlohmann/json.hpp>

#include "manager/base/file.h"

namespace glacis::cli {
namespace {

constexpr std::size_t kLargestTable = std::size_t{16} << 20;

Result<nlohmann::json> read_json(const std::filesystem::path& file, std::string_view schema) {
  const auto text = read_file(file, kLargestTable);
  if (!text)
    return fail(Exit::usage,
                fmt::format("cannot read {}: {}", shown(file.native()), text.error().what));
  auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != schema)
    return fail(Exit::usage, fmt::format("{} is not of schema {}", shown(file.native()), schema));
  return json;
}

Threat threat_of(const nlohmann::json& json) {
  return {json.at("id"),      json.at("threat"),    json.at("attack"),
          json.at("decided"), json.at("scenarios"), json.value("open", "")};
}

void add(Row& row, const std::string& name, const Threats& threats, const Trials& trials) {
  const auto trial = trials.find(name);
  if (trial == trials.end()) {
    const auto reason = threats.not_live.find(name);
    row.remarks.emplace_back(
        name, reason != threats.not_live.end() ? reason->second : "it was not asked for");
    return;
  }
  if (trial->second.result == "skipped") {
    row.remarks.emplace_back(name, trial->second.why);
    return;
  }
  ++row.tried;
  if (trial->second.result == "ok") {
    ++row.refused;
    row.records.insert(row.records.end(), trial->second.records.begin(),
                       trial->second.records.end());
  } else {
    row.remarks.emplace_back(name, trial->second.why);
  }
}

ThreatAnswer answer_of(const Row& row) {
  if (row.refused < row.tried) return ThreatAnswer::failed;
  if (row.tried == 0)
    return row.threat->open.empty() ? ThreatAnswer::not_tried : ThreatAnswer::open;
  return row.threat->open.empty() ? ThreatAnswer::refused : ThreatAnswer::partly;
}

}  // namespace

Result<Threats> read_threats(const std::filesystem::path& file) {
  const auto json = read_json(file, "glacis.threats/1");
  if (!json) return std::unexpected(json.error());
  try {
    Threats out{json->at("attack"), {}, json->at("not_live")};
    for (const auto& row : json->at("rows")) out.rows.push_back(threat_of(row));
    return out;
  } catch (const nlohmann::json::exception& error) {
    return fail(Exit::usage, fmt::format("{}: {}", shown(file.native()), error.what()));
  }
}

Result<Trials> read_trials(const std::filesystem::path& file) {
  const auto json = read_json(file, "glacis.scenarios/1");
  if (!json) return std::unexpected(json.error());
  try {
    Trials out;
    for (const auto& one : json->at("scenarios"))
      out[one.at("name")] = {one.at("result"), one.at("why"), one.at("records")};
    return out;
  } catch (const nlohmann::json::exception& error) {
    return fail(Exit::usage, fmt::format("{}: {}", shown(file.native()), error.what()));
  }
}

std::vector<Row> judge(const Threats& threats, const Trials& trials) {
  std::vector<Row> rows;
  for (const Threat& threat : threats.rows) {
    Row row;
    row.threat = &threat;
    for (const std::string& name : threat.scenarios) add(row, name, threats, trials);
    row.answer = answer_of(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string_view word(ThreatAnswer answer) {
  switch (answer) {
    case ThreatAnswer::refused:
      return "refused";
    case ThreatAnswer::partly:
      return "partly";
    case ThreatAnswer::open:
      return "open";
    case ThreatAnswer::not_tried:
      return "not tried";
    case ThreatAnswer::failed:
      return "FAILED";
  }
  return "";
}

}  // namespace glacis::cli
