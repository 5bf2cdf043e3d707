// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/counts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>

#include "manager/evidence/chain.h"
#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

constexpr double kRegisters = GL_SKETCH;

// HyperLogLog over 64 registers, with linear counting while some are empty (Flajolet,
// Fusy, Gandouet, Meunier 2007, figure 3). Its standard error is 13 %.
double estimate(std::span<const std::uint8_t, GL_SKETCH> sketch) {
  constexpr double alpha = 0.709;
  double sum = 0;
  for (const std::uint8_t rank : sketch) sum += std::ldexp(1.0, -static_cast<int>(rank));
  const double raw = alpha * kRegisters * kRegisters / sum;
  const auto empty = static_cast<double>(std::ranges::count(sketch, 0));
  return raw <= 2.5 * kRegisters && empty > 0 ? kRegisters * std::log(kRegisters / empty) : raw;
}

// How far the estimate of so few objects may be off: three standard errors of linear
// counting (Whang, Vander-Zanden, Taylor 1990). At 10 objects that is 3, at 63 it is 20.
double slack(double objects) {
  const double load = objects / kRegisters;
  return 3 * std::sqrt(kRegisters * (std::exp(load) - load - 1));
}

std::int64_t wall(std::uint64_t time, const Context& context) {
  return static_cast<std::int64_t>(time) + context.clock_offset;
}

std::string_view text_in(std::span<const char> bytes) {
  return {bytes.data(), ::strnlen(bytes.data(), bytes.size())};
}

}  // namespace

std::uint64_t distinct_objects(const gl_refusal& refusal) {
  const std::uint64_t recorded = std::min(refusal.objects, GL_OBJECTS_WHOLE);
  const double all = estimate(refusal.sketch);
  const auto known = static_cast<double>(recorded);
  // Below the bound each object was recorded, unless it found no room in the ring, which
  // nothing but the sketch knows: it is believed where it can't be its error alone.
  if (recorded < GL_OBJECTS_WHOLE && all <= known + slack(known)) return recorded;
  return std::max(recorded, static_cast<std::uint64_t>(std::lround(all)));
}

std::optional<Event> first_of(const kernel::Refusal& refusal) {
  const auto& [key, value] = refusal;
  const gl_refusal_first& told = value.told;
  if (value.kept == 0 || value.seq == 0 || key.hook == 0) return std::nullopt;
  Event out;
  out.whole = false;
  out.seq = value.seq;
  out.time = value.first;
  out.domain = key.domain;
  out.generation = key.generation;
  std::ranges::copy(told.digest, out.digest.begin());
  out.hook = key.hook;
  out.mode = key.mode & ~GL_KEY_KILLED;
  out.klass = key.class_;
  out.access = told.access;
  out.verdict = {told.decision, key.reason, key.rule, key.blocker};
  out.error = told.error;
  out.subject.pid = told.pid;
  out.subject.tgid = told.tgid;
  out.subject.start = told.start;
  out.subject.uid = told.uid;
  out.subject.gid = told.gid;
  out.subject.fsuid = told.fsuid;
  out.subject.capabilities = told.effective;
  out.subject.cgroup = told.cgroup;
  out.subject.comm = Untrusted(text_in(told.comm));
  out.subject.exe.complete = false;
  out.object = object_of(told.object);
  out.object.path = {Untrusted(text_in(told.name)), false};
  return out;
}

std::string count_line(const kernel::Refusal& refusal, const Context& context) {
  const auto& [key, value] = refusal;
  Canonical record = {{"schema", count_schema},
                      {"time", time_text(context.now)},
                      {"boot", context.origin.boot},
                      {"ring", context.origin.ring},
                      {"host", context.host},
                      {"seq", value.seq},
                      {"domain_id", key.domain},
                      {"count", value.count},
                      {"objects", std::min(value.objects, GL_OBJECTS_WHOLE)},
                      {"distinct", distinct_objects(value)},
                      {"first", time_text(wall(value.first, context))},
                      {"last", time_text(wall(value.last, context))}};
  if (key.hook == 0) record["rest"] = true;
  if (const auto at = context.domains.find(key.domain); at != context.domains.end())
    record["domain"] = escape(at->second);
  return canonical(record);
}

std::vector<std::string> Told::lines(const std::vector<kernel::Refusal>& refusals,
                                     const Context& context) {
  std::vector<std::string> out;
  Counts now;  // what has no slot any more is not kept here either
  for (const kernel::Refusal& one : refusals) {
    if (one.value.kept == 0 || one.value.count < 2) continue;
    const Counts::key_type key{context.origin.ring, one.value.seq};
    now[key] = one.value.count;
    const auto told = counts_.find(key);
    if (told == counts_.end() || told->second != one.value.count)
      out.push_back(count_line(one, context));
  }
  counts_ = std::move(now);
  return out;
}

bool counts_on(const kernel::Refusal& refusal, const Context& context) {
  return refusal.key.domain == 0 || std::ranges::any_of(context.in_force, [&](const InForce& one) {
           return one.id == refusal.key.domain && one.generation == refusal.key.generation;
         });
}

}  // namespace glacis::evidence
