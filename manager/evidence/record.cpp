// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <optional>

#include "manager/base/drill.h"
#include "manager/base/file.h"
#include "manager/evidence/grade.h"
#include "manager/evidence/names.h"
#include "manager/evidence/object_json.h"
#include "manager/evidence/process.h"
#include "manager/image/nearest.h"

namespace glacis::evidence {
namespace {

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t clock_now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t wall_time(const Event& event, const Context& context) {
  return static_cast<std::int64_t>(event.time + static_cast<std::uint64_t>(context.clock_offset));
}

void put_place(Json& out, const image::SourceRule& rule) {
  out["file"] = escape(rule.file);
  out["line"] = rule.line;
  out["column"] = rule.column;
  out["text"] = escape(rule.text, Backslash::keep);
}

// A rule that a person would look at first, where none speaks of the object.
const image::SourceRule* near_rule(const Event& event, const image::SourceMap& map) {
  const Text& path = event.object.path;
  if (event.klass != GL_CLASS_FILE || path.bytes.empty() || !path.complete) return nullptr;
  const auto bits = event.verdict.blocker ? event.verdict.blocker : event.access;
  const auto id = image::nearest(map, path.bytes.raw(), bits);
  return id ? map.find(*id) : nullptr;
}

Json rule_json(const Event& event, const image::SourceMap* map) {
  Json out = {{"id", event.verdict.rule}, {"reason", reason_name(event.verdict.reason)}};
  if (!map) return out;
  if (event.verdict.rule != 0) {
    if (const auto* rule = map->find(event.verdict.rule)) put_place(out, *rule);
  } else if (const auto* rule = near_rule(event, *map)) {
    put_place(out["near"] = Json::object(), *rule);
  }
  return out;
}

Json subject_json(const Subject& subject) {
  Json out = {{"pid", subject.pid},
              {"tgid", subject.tgid},
              {"start", clock_ticks(subject.start)},
              {"comm", subject.comm.escaped()}};
  put_text(out, "exe", subject.exe);
  out["uid"] = subject.uid;
  out["fsuid"] = subject.fsuid;
  out["gid"] = subject.gid;
  out["caps"] = capability_names(subject.capabilities);
  out["cgroup"] = subject.cgroup;
  Json& ancestry = out["ancestry"] = Json::array();
  for (const Ancestor& ancestor : subject.ancestry) {
    Json entry = Json::array();
    entry.push_back(ancestor.pid);
    entry.push_back(ancestor.comm.escaped());
    ancestry.push_back(std::move(entry));
  }
  return out;
}

// Of the task's cgroup; engines, and whoever made the container, chose the text.
void put_container(Json& out, std::uint64_t cgroup, const Context& context) {
  const auto found = context.containers ? context.containers->find(cgroup) : std::nullopt;
  if (!found) return;
  Json& container = out["container"] = {{"id", escape(found->id)}};
  const std::pair<const char*, const std::string*> names[] = {{"name", &found->names.name},
                                                              {"image", &found->names.image},
                                                              {"pod", &found->names.pod},
                                                              {"namespace", &found->names.space}};
  for (const auto& [key, text] : names)
    if (!text->empty()) container[key] = escape(*text);
}

// A domain that ended before its events were read has the name in its map only.
Json domain_json(const Event& event, const Context& context, const image::SourceMap* map) {
  const auto at = context.domains.find(event.domain);
  if (at != context.domains.end()) return escape(at->second);
  return map ? Json(escape(map->profile)) : Json();
}

// Only a live domain is one of a drill: of one that ended unread there is just its
// profile's name, and a real refusal is rather made too much of than too little.
void put_drill(Json& out, const Event& event, const Context& context) {
  const auto at = context.domains.find(event.domain);
  const auto drill = at != context.domains.end() ? drill_of(at->second) : std::nullopt;
  if (drill) out["drill"] = {{"profile", escape(drill->profile)}, {"notify", drill->notify}};
}

// Schema, number, time and origin: how every line begins.
Json head(std::string_view schema, std::optional<std::uint64_t> seq, std::int64_t time,
          const Context& context) {
  Json out = {{"schema", schema}};
  if (seq) out["seq"] = *seq;
  out["time"] = time_text(time);
  out["boot"] = context.origin.boot;
  out["ring"] = context.origin.ring;
  out["host"] = context.host;
  return out;
}

}  // namespace

Context here(std::uint32_t ring) {
  Context out;
  out.origin.ring = ring;
  if (auto boot = read_file("/proc/sys/kernel/random/boot_id", 64)) {
    boot->resize(std::min(boot->find_last_not_of('\n') + 1, boot->size()));
    out.origin.boot = escape(*boot);
  }
  char host[HOST_NAME_MAX + 1] = {};
  if (::gethostname(host, HOST_NAME_MAX) == 0) out.host = escape(host);
  out.now = clock_now(CLOCK_REALTIME);
  out.clock_offset = out.now - clock_now(CLOCK_BOOTTIME);
  return out;
}

std::string event_line(const Event& event, const Context& context, SourceMaps& maps) {
  const auto name = context.domains.find(event.domain);
  const image::SourceMap* map =
      maps.find(event.digest, name == context.domains.end() ? std::string() : name->second);
  Json out = head(event_schema, event.seq, wall_time(event, context), context);
  out["verdict"] = verdict_name(event);
  if (event.verdict.decision == GL_KILL) out["killed"] = true;
  out["mode"] = mode_name(event.mode);
  out["domain"] = domain_json(event, context, map);
  out["domain_id"] = event.domain;
  put_drill(out, event, context);
  // What the guard refuses, no image decided.
  out["image"] = event.domain == 0 ? Json() : Json("blake2b:" + image::hex(event.digest));
  out["rule"] = rule_json(event, map);
  out["blockers"] = blockers(event);
  out["hook"] = word(image::hook_words(), event.hook);
  out["errno"] = event.error == 0 ? Json() : Json(errno_name(event.error));
  out["subject"] = subject_json(event.subject);
  if (!event.whole) out["whole"] = false;
  put_container(out, event.subject.cgroup, context);
  out["object"] = object_json(event, context.domains);
  if (map) put_contact(out, map->contact);
  Grades::built_in().put(out, map);
  return dump(out);
}

std::string gap_line(const Gap& gap, const Context& context) {
  Json out = head(gap_schema, std::nullopt, context.now, context);
  out["from"] = gap.from;
  out["to"] = gap.to;
  out["lost"] = gap.lost ? gap.to - gap.from + 1 : 0;
  out["reason"] = gap.lost ? "ring_full" : "not_in_this_log";
  return dump(out);
}

std::string undecoded_line(std::span<const std::byte> bytes, std::string_view why,
                           const Context& context) {
  Json out = head(undecoded_schema, sequence_of(bytes), context.now, context);
  out["why"] = why;
  out["bytes"] = bytes.size();
  return dump(out);
}

std::string torn_line(std::uint64_t offset, std::uint64_t bytes, std::string_view hash,
                      std::int64_t now) {
  return dump(Json{{"schema", torn_schema},
                   {"time", time_text(now)},
                   {"offset", offset},
                   {"bytes", bytes},
                   {"blake2b", hash}});
}

}  // namespace glacis::evidence
