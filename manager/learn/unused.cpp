// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/unused.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "manager/image/describe.h"
#include "manager/learn/matcher.h"

namespace glacis::learn {
namespace {

using profile::Rule;

// System calls are not in recordings, and a refusal is no grant.
bool is_grant(const Rule& rule) {
  return std::visit(
      [](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, profile::SyscallRule>) return false;
        if constexpr (requires { body.deny; }) return !body.deny;
        return true;
      },
      rule.body);
}

// What an abstraction grants is for all who include it.
bool is_own(const profile::ResolvedProfile& profile, const Rule& rule) {
  return rule.span.file < profile.files.size() &&
         profile.files[rule.span.file].find("abstractions/") == std::string::npos;
}

// Each access may be granted by another rule.
std::vector<sim::Request> parts_of(const sim::Request& request) {
  const auto* file = std::get_if<sim::FileRequest>(&request);
  if (file == nullptr) return {request};
  std::vector<sim::Request> out;
  for (std::uint32_t rest = file->access; rest != 0; rest &= rest - 1) {
    sim::FileRequest one = *file;
    one.access = rest & -rest;
    out.emplace_back(std::move(one));
  }
  return out;
}

}  // namespace

Result<Uses> uses_of(const Recording& recording, const profile::ResolvedProfile& profile) {
  const auto matcher = Matcher::of(profile);
  if (!matcher) return std::unexpected(matcher.error());
  Uses out;
  std::set<std::size_t> counted;
  for (std::size_t i = 0; i < recording.runs.size(); ++i)
    if (recording.runs[i].rules == 0) counted.insert(i);
  out.runs = counted.size();
  out.skipped = recording.runs.size() - counted.size();
  for (const Behaviour& one : recording.behaviours) {
    std::int64_t when = 0;
    for (const Sighting& seen : one.seen)
      if (counted.contains(seen.run)) when = std::max(when, seen.last);
    if (when == 0) continue;
    for (const sim::Request& part : parts_of(one.request))
      if (const gl_verdict verdict = matcher->decide(part); verdict.decision == GL_ALLOW)
        out.last[verdict.rule] = std::max(out.last[verdict.rule], when);
  }
  return out;
}

Result<Unused> unused_of(const Recording& recording, const profile::ResolvedProfile& profile,
                         std::int64_t since) {
  const bool recent = std::ranges::any_of(recording.runs, [&](const Run& run) {
    return run.rules == 0 && (run.ended == 0 || run.ended >= since);
  });
  if (!recent)
    return fail(Exit::findings,
                "no run of that time was watched under a profile that grants nothing",
                "glacis learn start NAME --profile FILE -- CMD..., with a FILE without grants",
                "which grants are unused is not known");
  const auto uses = uses_of(recording, profile);
  if (!uses) return std::unexpected(uses.error());
  Unused out{.grants = 0, .runs = uses->runs, .skipped = uses->skipped, .unused = {}};
  for (const Rule& rule : profile.rules) {
    if (!is_grant(rule) || !is_own(profile, rule)) continue;
    ++out.grants;
    const auto used = uses->last.find(rule.id);
    const std::int64_t when = used == uses->last.end() ? 0 : used->second;
    if (when >= since && when != 0) continue;
    out.unused.push_back({fmt::format("{}:{}", profile.files[rule.span.file], rule.span.line),
                          image::describe(rule.body), when});
  }
  return out;
}

}  // namespace glacis::learn
