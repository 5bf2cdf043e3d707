// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/other.h"

#include <fmt/format.h>
#include <linux/seccomp.h>

#include "manager/base/drill.h"
#include "manager/evidence/chain.h"
#include "manager/evidence/grade.h"
#include "manager/evidence/names.h"
#include "manager/evidence/object_json.h"

namespace glacis::evidence {
namespace {

using audit::AppArmor;
using audit::Seccomp;

const Seccomp* seccomp(const Other& other) { return std::get_if<Seccomp>(&other.record.what); }

std::string action_word(std::uint32_t code) {
  switch (code) {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
      return "kill";
    case SECCOMP_RET_TRAP:
      return "trap";
    case SECCOMP_RET_ERRNO:
      return "errno";
    case SECCOMP_RET_USER_NOTIF:
      return "notify";
    case SECCOMP_RET_TRACE:
      return "trace";
    case SECCOMP_RET_LOG:
      return "log";
    default:
      return fmt::format("{:#x}", code);
  }
}

bool kills(const Other& other) {
  const Seccomp* call = seccomp(other);
  if (call != nullptr)
    return call->code == SECCOMP_RET_KILL_PROCESS || call->code == SECCOMP_RET_KILL_THREAD;
  return std::get<AppArmor>(other.record.what).answer == "KILLED";
}

std::string blocker(const Other& other) {
  if (seccomp(other) != nullptr) return "syscall." + other.call.value_or("unknown");
  const auto& what = std::get<AppArmor>(other.record.what);
  return "apparmor." + (what.operation.empty() ? "unknown" : what.operation.escaped());
}

Json mask_json(const std::string& mask) { return mask.empty() ? Json() : Json(mask); }

Json text_json(const Untrusted& text) { return text.empty() ? Json() : Json(text.escaped()); }

Json call_json(const Other& other, const Seccomp& what) {
  return {{"kind", "syscall"},
          {"call", other.call ? Json(*other.call) : Json()},
          {"number", what.call},
          {"abi", other.abi},
          {"action", action_word(what.code)}};
}

Json apparmor_json(const AppArmor& what) {
  Json out = {{"kind", "apparmor"},
              {"operation", text_json(what.operation)},
              {"profile", text_json(what.profile)},
              {"name", text_json(what.name)},
              {"requested", mask_json(what.asked)},
              {"denied", mask_json(what.refused)}};
  for (const auto& [key, text] : {std::pair("class", &what.kind),
                                  {"capability", &what.capability},
                                  {"family", &what.family},
                                  {"peer", &what.peer},
                                  {"info", &what.info}})
    if (!text->empty()) out[key] = text->escaped();
  return out;
}

Json subject_json(const Other& other) {
  const audit::Record& record = other.record;
  Json out = {{"pid", record.pid},
              {"tgid", record.pid},
              {"start", other.start == 0 ? Json() : Json(other.start)},
              {"comm", record.comm.escaped()},
              {"exe", text_json(record.exe)}};
  if (!other.exe_now.empty() && other.exe_now != record.exe)
    out[record.exe.empty() ? "exe" : "exe_now"] = other.exe_now.escaped();
  const char* uid = seccomp(other) != nullptr ? "uid" : "fsuid";
  out[uid] = record.uid ? Json(*record.uid) : Json();
  if (record.gid) out["gid"] = *record.gid;
  if (other.ended) out["ended"] = true;
  return out;
}

Json rule_json(const Other& other, const image::SourceMap* map) {
  Json out = {{"id", other.rule}, {"reason", other.reason}, {"certain", other.certain}};
  const auto* rule = map != nullptr && other.rule != 0 ? map->find(other.rule) : nullptr;
  if (rule == nullptr) return out;
  out["file"] = escape(rule->file);
  out["line"] = rule->line;
  out["column"] = rule->column;
  out["text"] = escape(rule->text, Backslash::keep);
  return out;
}

void put_domain(Json& out, const Other& other) {
  const auto& in_force = other.in_force;
  out["mode"] = in_force ? Json(mode_name(in_force->mode)) : Json();
  out["domain"] = other.domain ? Json(escape(*other.domain)) : Json();
  out["domain_id"] = in_force ? Json(in_force->id) : Json();
  if (const auto drill = in_force ? drill_of(in_force->domain) : std::nullopt)
    out["drill"] = {{"profile", escape(drill->profile)}, {"notify", drill->notify}};
  out["image"] = in_force ? Json("blake2b:" + image::hex(in_force->digest)) : Json();
}

}  // namespace

std::string other_line(const Other& other, const Further& further, const Context& context,
                       SourceMaps& maps, Processes* processes) {
  const image::SourceMap* map =
      other.in_force ? maps.find(other.in_force->digest, other.in_force->domain) : nullptr;
  const Seccomp* call = seccomp(other);
  Json out = {{"schema", event_schema},
              {"time", time_text(other.record.time)},
              {"boot", context.origin.boot},
              {"host", context.host},
              {"verdict", other.verdict}};
  if (kills(other)) out["killed"] = true;
  put_domain(out, other);
  out["rule"] = rule_json(other, map);
  out["blockers"] = {blocker(other)};
  out["hook"] = call != nullptr ? "seccomp" : "apparmor";
  out["errno"] = other.error == 0 ? Json() : Json(errno_name(-other.error));
  out["subject"] = subject_json(other);
  out["object"] = call != nullptr ? call_json(other, *call)
                                  : apparmor_json(std::get<AppArmor>(other.record.what));
  out["audit"] = {{"serial", other.record.serial}};
  if (further.count != 0)
    out["repeats"] = {{"count", further.count}, {"last", time_text(further.last)}};
  if (map != nullptr) put_contact(out, map->contact);
  Grades::built_in().put(out, map);
  std::string line = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (processes == nullptr || other.ended || other.start == 0) return line;
  return processes->told(std::move(line), other.record.pid, other.start);
}

// Without pid and comm, which a process changes at will; so is the number of a call that
// nobody knows.
std::string kind_of(const Other& other) {
  std::string out = fmt::format("{}\n{}\n{}\n{}\n", other.domain.value_or(""),
                                other.in_force ? other.in_force->generation : 0, other.verdict,
                                other.record.exe.raw());
  if (const Seccomp* call = seccomp(other))
    return out + fmt::format("{} {} {:x}", other.abi, other.call.value_or(""), call->code);
  const auto& what = std::get<AppArmor>(other.record.what);
  for (const Untrusted* part :
       {&what.operation, &what.profile, &what.name, &what.capability, &what.family, &what.peer})
    out += part->raw() + '\n';
  return out + what.refused;
}

std::string missed_line(std::string_view reason, std::optional<std::uint64_t> count,
                        const Context& context) {
  return canonical({{"schema", missed_schema},
                    {"time", time_text(context.now)},
                    {"boot", context.origin.boot},
                    {"host", context.host},
                    {"of", "audit"},
                    {"reason", reason},
                    {"count", count ? Canonical(*count) : Canonical()}});
}

}  // namespace glacis::evidence
