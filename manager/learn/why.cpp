// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manager/base/escape.h"
#include "manager/evidence/fields.h"
#include "manager/learn/drop_in.h"
#include "manager/learn/matcher.h"
#include "manager/learn/propose.h"

namespace glacis::learn {
namespace {

using evidence::Json;
using evidence::number_of;
using evidence::text_of;

// Learning waits for the hook that says whether the opened file is run or mapped;
// here the open itself is asked about.
Observation observed(const Json& record, std::string_view profile) {
  Observation seen = observe(record, profile);
  if (!seen.requests.empty() || !seen.unlearned.empty()) return seen;
  Json itself = record;
  itself.erase("hook");
  return observe(itself, profile);
}

bool all_allowed(const Matcher& matcher, const std::vector<sim::Request>& requests) {
  return std::ranges::all_of(requests,
                             [&](const sim::Request& one) { return matcher.allows(one); });
}

std::string place_of(const profile::ResolvedProfile& profile, const profile::Rule& rule) {
  if (rule.span.file >= profile.files.size()) return {};
  return fmt::format("{}:{}:{}", escape(profile.files[rule.span.file], Backslash::keep),
                     rule.span.line, rule.span.column);
}

// Without the rules that deny one of the requests. A rule goes at most once, so it ends.
Result<std::vector<Denial>> take_denials(profile::ResolvedProfile& profile,
                                         const std::vector<sim::Request>& requests) {
  std::vector<Denial> out;
  for (bool again = true; again;) {
    again = false;
    const auto matcher = Matcher::of(profile);
    if (!matcher) return std::unexpected(matcher.error());
    for (const sim::Request& request : requests) {
      const gl_verdict verdict = matcher->decide(request);
      if (verdict.decision == GL_ALLOW || verdict.reason != GL_REASON_RULE) continue;
      const auto at = std::ranges::find(profile.rules, verdict.rule, &profile::Rule::id);
      if (at == profile.rules.end()) continue;
      out.push_back({place_of(profile, *at), at->body});
      profile.rules.erase(at);
      again = true;
      break;
    }
  }
  return out;
}

// Of several accesses at once, those that are missing.
sim::Request missing(const Matcher& matcher, const sim::Request& request) {
  const auto* file = std::get_if<sim::FileRequest>(&request);
  if (file == nullptr) return request;
  sim::FileRequest one = *file, out = *file;
  out.access = 0;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    one.access = file->access & bit;
    if (one.access != 0 && !matcher.allows(one)) out.access |= bit;
  }
  if (out.access == 0) return request;
  return out;
}

Recording recording_of(const Observation& seen, std::string_view profile,
                       const std::vector<sim::Request>& requests) {
  Recording out{std::string(profile), {Run{}}, {}};
  for (const sim::Request& request : requests)
    out.behaviours.push_back({request, seen.exe, {{0, seen.count, seen.first, seen.last}}});
  return out;
}

// Requests of the same object, one word each: a rule may grant more than was asked.
std::vector<sim::Request> beside(const sim::Request& request) {
  std::vector<sim::Request> out;
  if (const auto* file = std::get_if<sim::FileRequest>(&request)) {
    sim::FileRequest one = *file;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
      one.access = bit & GL_FILE_ALL & ~file->access;
      if (one.access != 0) out.emplace_back(one);
    }
  } else if (const auto* net = std::get_if<sim::NetRequest>(&request)) {
    out.emplace_back(sim::SocketRequest{net->kind});
    for (const gl_net_op op : {GL_NET_BIND, GL_NET_CONNECT, GL_NET_SEND}) {
      if (op == net->op) continue;
      sim::NetRequest other = *net;
      other.op = op;
      out.emplace_back(other);
    }
  }
  return out;
}

std::string drop_in_of(const Json& record, const std::vector<Item>& items) {
  return fmt::format("# Allows what record {} of {} was refused.\nschema = 1\n{}",
                     number_of(record, "seq").value_or(0),
                     escape(text_of(record, "time").value_or("-")), rules_text(items));
}

// What the smallest change is made of, step by step.
class Finder {
 public:
  Finder(const Json& record, const profile::ResolvedProfile& profile, const WithDropIn& with)
      : record_(record), profile_(profile), with_(with), seen_(observed(record, profile.name)) {}

  Result<Why> run() {
    out_.asked = seen_.requests;
    if (out_.asked.empty()) return cannot(seen_.unlearned);
    const auto now = Matcher::of(profile_);
    if (!now) return std::unexpected(now.error());
    out_.allowed = all_allowed(*now, out_.asked);
    if (out_.allowed) return std::move(out_);
    if (auto made = make_drop_in(); !made) return std::unexpected(made.error());
    auto after =
        out_.drop_in.empty() ? Result<profile::ResolvedProfile>(profile_) : with_(out_.drop_in);
    if (after) {
      auto denials = take_denials(*after, out_.asked);
      if (!denials) return std::unexpected(denials.error());
      out_.denials = std::move(*denials);
    } else if (!bare_denials_.empty()) {
      // Beside the denial the compiler takes the grant for one without effect.
      out_.denials = std::move(bare_denials_);
      after = std::move(bare_);
    } else {
      return cannot("the compiler refuses the rule: " + after.error().what);
    }
    const auto then = Matcher::of(*after);
    if (!then) return std::unexpected(then.error());
    if (!all_allowed(*then, out_.asked)) return cannot("the language has no rule for it");
    out_.differences = profile::diff(profile_, *after);
    for (const sim::Request& asked : out_.asked)
      for (sim::Request& one : beside(asked))
        if (!now->allows(one) && then->allows(one) && !known(one))
          out_.also.push_back(std::move(one));
    return std::move(out_);
  }

 private:
  // Grants are only for what is refused once no denial is in the way.
  Status make_drop_in() {
    bare_ = profile_;
    auto taken = take_denials(bare_, out_.asked);
    if (!taken) return std::unexpected(taken.error());
    bare_denials_ = std::move(*taken);
    const auto matcher = Matcher::of(bare_);
    if (!matcher) return std::unexpected(matcher.error());
    std::vector<sim::Request> refused;
    for (const sim::Request& one : out_.asked)
      if (!matcher->allows(one)) refused.push_back(missing(*matcher, one));
    const auto items = grants(recording_of(seen_, profile_.name, refused));
    if (!items.empty()) out_.drop_in = drop_in_of(record_, items);
    profile::RuleId last = bare_.rules.empty() ? 0 : bare_.rules.back().id;
    constexpr diag::Span nowhere{0xffffffff, 0, 0, 0};  // in no file of the profile
    for (const Item& item : items) bare_.rules.push_back({++last, nowhere, item.body});
    return {};
  }

  [[nodiscard]] bool known(const sim::Request& one) const {
    return std::ranges::find(out_.asked, one) != out_.asked.end() ||
           std::ranges::find(out_.also, one) != out_.also.end();
  }

  Why cannot(std::string reason) {
    Why out;
    out.asked = std::move(out_.asked);
    out.impossible = std::move(reason);
    return out;
  }

  const Json& record_;
  const profile::ResolvedProfile& profile_;
  const WithDropIn& with_;
  Observation seen_;
  profile::ResolvedProfile bare_;  // without what denies it, with what grants it
  std::vector<Denial> bare_denials_;
  Why out_;
};

}  // namespace

Result<Why> why(const nlohmann::ordered_json& record, const profile::ResolvedProfile& profile,
                const WithDropIn& with) {
  return Finder(record, profile, with).run();
}

}  // namespace glacis::learn
