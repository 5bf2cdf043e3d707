// SPDX-License-Identifier: Apache-2.0
#include "manager/drill/report.h"

#include <fmt/format.h>

namespace glacis::drill {
namespace {

std::string signed_bytes(const Canonical& report) {
  return fmt::format("{}\n{}", signed_schema, evidence::canonical(report));
}

Canonical to_json(const Try& of) {
  if (!of.answered) return {{"answered", false}, {"trouble", of.trouble}};
  Canonical out = {{"answered", true},       {"ok", of.ok},       {"effect", of.effect},
                   {"errno", of.error_name}, {"stage", of.stage}, {"detail", of.detail}};
  if (of.seen) out["seen"] = *of.seen;
  if (of.untried) out["untried"] = true;
  if (of.signal != 0) out["signal"] = of.signal;
  return out;
}

Canonical to_json(const Record& of) {
  Canonical out = {{"seq", of.seq},           {"verdict", of.verdict},
                   {"rule", of.rule},         {"errno", of.error_name},
                   {"grade", of.grade},       {"grade_reason", of.grade_reason},
                   {"blockers", of.blockers}, {"techniques", of.techniques}};
  if (!of.near.empty()) out["near"] = of.near;
  if (of.killed) out["killed"] = true;
  if (of.repeated) out["repeated"] = true;
  return out;
}

Canonical to_json(const Notice& of, const std::string& owner) {
  Canonical out = {{"owner", owner}, {"asked", of.asked}, {"sent", !of.sinks.empty()}};
  if (!of.sinks.empty()) out["sinks"] = of.sinks;
  if (of.after_ms) out["after_ms"] = *of.after_ms;
  if (!of.why.empty()) out["why"] = of.why;
  return out;
}

Canonical to_json(const Done& of, const std::string& owner) {
  const Outcome& outcome = of.outcome;
  Canonical out = {{"step", of.step.name},
                   {"what", of.step.what},
                   {"attack", of.step.attack},
                   {"act", of.step.act},
                   {"verdict", word(outcome.verdict)},
                   {"control", to_json(outcome.control)},
                   {"records", Canonical::array()},
                   {"notice", to_json(outcome.notice, owner)}};
  if (!outcome.why.empty()) out["why"] = outcome.why;
  if (outcome.inside) out["inside"] = to_json(*outcome.inside);
  if (outcome.recorded_ms) out["recorded_ms"] = *outcome.recorded_ms;
  for (const Record& record : outcome.records) out["records"].push_back(to_json(record));
  return out;
}

std::string text(const Canonical& of, const char* key) {
  const auto at = of.find(key);
  return at != of.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Counts Report::counts() const {
  Counts out;
  for (const Played& played : scenarios)
    for (const Done& done : played.steps) {
      out.passed += done.outcome.verdict == Verdict::passed;
      out.granted += done.outcome.verdict == Verdict::granted;
      out.not_tried += done.outcome.verdict == Verdict::not_tried;
    }
  return out;
}

Canonical report_json(const Report& report) {
  const Counts counts = report.counts();
  Canonical out = {{"schema", report_schema},
                   {"drill", report.id},
                   {"host", report.host},
                   {"boot", report.boot},
                   {"log", report.log},
                   {"started", report.started},
                   {"ended", report.ended},
                   {"profile",
                    {{"name", report.profile},
                     {"file", report.file},
                     {"owner", report.owner},
                     {"in_force", report.in_force}}},
                   {"domain", report.domain},
                   {"image", report.image},
                   {"attack", report.attack},
                   {"notify", report.notify},
                   {"passed", counts.passed},
                   {"granted", counts.granted},
                   {"not_tried", counts.not_tried},
                   {"ok", counts.granted == 0 && counts.not_tried == 0 && counts.passed > 0},
                   {"scenarios", Canonical::array()}};
  for (const Played& played : report.scenarios) {
    Canonical steps = Canonical::array();
    for (const Done& done : played.steps) steps.push_back(to_json(done, report.owner));
    out["scenarios"].push_back({{"name", played.name}, {"steps", std::move(steps)}});
  }
  return out;
}

std::string report_hash(const Canonical& report) {
  return "blake2b:" + image::hex(evidence::hash_bytes(evidence::canonical(report)));
}

std::string sign_report(const Canonical& report, const evidence::SecretKey* key) {
  Canonical out = {
      {"schema", signed_schema}, {"report", report}, {"key", nullptr}, {"signature", nullptr}};
  if (key) {
    const auto signature = key->sign(signed_bytes(report));
    out["key"] = evidence::key_text(key->public_key());
    out["signature"] =
        evidence::base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
  }
  return evidence::canonical(out) + '\n';
}

Result<Signed> parse_signed(std::string_view bytes) {
  const auto no = [](const char* why) {
    return fail(Exit::findings,
                fmt::format("this is no report of a drill as it was written: {}", why),
                "get the file again from /var/lib/glacis/drills of the host");
  };
  if (!bytes.ends_with('\n')) return no("its end is missing");
  bytes.remove_suffix(1);
  auto json = evidence::parse_canonical(bytes);
  if (!json) return no("it is not one line of JSON");
  // Two readers that understand other things by the same bytes can't agree on them.
  if (evidence::canonical(*json) != bytes) return no("it is not in canonical form");
  if (text(*json, "schema") != signed_schema || !(*json)["report"].is_object() ||
      text((*json)["report"], "schema") != report_schema)
    return no("its schema is another");
  Signed out{(*json)["report"], evidence::parse_key(text(*json, "key")), {}};
  const auto signature = evidence::parse_base64(text(*json, "signature"));
  if (signature && signature->size() == evidence::Signature{}.size()) {
    out.signature.emplace();
    std::copy(signature->begin(), signature->end(), out.signature->begin());
  }
  return out;
}

bool signature_holds(const Signed& report) {
  return report.key && report.signature &&
         evidence::verify(*report.key, signed_bytes(report.report), *report.signature);
}

}  // namespace glacis::drill
