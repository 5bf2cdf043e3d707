// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/candidate.h"

#include <algorithm>

#include "manager/base/escape.h"
#include "manager/evidence/fields.h"
#include "manager/learn/observe.h"

namespace glacis::learn {
namespace {

using evidence::Json;
using evidence::member;
using evidence::text_of;

// An open by exec itself: the hooks that run or map the file are asked as well, and
// decide (lsm/hooks/file.h).
bool opens_for_exec(const Json& record) {
  const Json& blockers = member(record, "blockers");
  if (text_of(record, "hook") != "file_open" || !blockers.is_array() || blockers.empty())
    return false;
  return std::ranges::all_of(blockers, [](const Json& one) {
    return one == "file.execute" || one == "file.map_exec" || one == "file.interpret" ||
           one == "file.transition";
  });
}

// An exec may be granted as one or as a transition, which only this request asks.
bool ask_exec(const Json& record, std::vector<sim::Request>& requests) {
  if (text_of(record, "hook") != "bprm_check_security") return false;
  const Json& object = member(record, "object");
  if (text_of(object, "kind") != "file" || text_of(object, "ending") != "rooted" ||
      member(object, "path_cut") == true)
    return false;
  const auto path = unescape(text_of(object, "path").value_or(""));
  if (!path || path->empty()) return false;
  sim::ExecRequest request;
  request.path = *path;
  request.unsafe = text_of(member(record, "rule"), "reason") == "unsafe_exec";
  requests = {request};
  return true;
}

}  // namespace

Compared compare(const nlohmann::ordered_json& record, bool allowed, const Matcher& candidate,
                 std::string_view name) {
  Compared out;
  if (opens_for_exec(record)) {
    out.change = Change::elsewhere;
    return out;
  }
  if (!ask_exec(record, out.requests)) {
    Observation seen = observe(record, name);
    out.requests = std::move(seen.requests);
    out.why = std::move(seen.unlearned);
  }
  if (out.requests.empty()) {
    out.change = Change::incomparable;
    return out;
  }
  const bool would = std::ranges::all_of(
      out.requests, [&](const sim::Request& one) { return candidate.allows(one); });
  if (would != allowed) out.change = would ? Change::allowed : Change::refused;
  return out;
}

}  // namespace glacis::learn
