// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/object_json.h"

#include <fmt/format.h>

#include <string>

#include "manager/base/signals.h"
#include "manager/evidence/names.h"

namespace glacis::evidence {
namespace {

// Names of abstract Unix sockets are not in events: such an object has no path,
// and no inode either.
Json file_json(const Object& object) {
  Json out = {{"kind", "file"}};
  put_text(out, "path", object.path);
  out["ending"] = object.ending == 0 ? Json() : Json(word(image::ending_words(), object.ending));
  if (object.inode == 0 && object.dev == 0) return out;
  out["dev"] = device_text(object.dev);
  out["inode"] = object.inode;
  out["mode"] = fmt::format("{:07o}", object.mode);
  out["owner"] = object.owner;
  return out;
}

// A socket that is only made has no address yet.
Json socket_json(const Object& object) {
  Json out = {{"kind", "socket"},
              {"family", family_name(object.family)},
              {"type", type_name(object.type)},
              {"protocol", object.protocol}};
  out["socket"] =
      object.kind == GL_SOCKET_NONE ? Json() : Json(word(image::socket_words(), object.kind));
  out["op"] = word(image::net_op_words(), object.op);
  if (object.op == GL_NET_CREATE) return out;
  out["address"] = address_text(object);
  out["port"] = object.port;
  return out;
}

// Another task. That of a domain which ended since then was confined all the
// same, so it is not called unconfined; nor is one that was named by its number
// only (fcntl(2), of a group if it is negative) and never looked at.
Json task_json(const Event& event, const std::map<std::uint32_t, std::string>& domains) {
  const Object& object = event.object;
  Json out = {{"kind", "task"},
              {"pid", static_cast<std::int32_t>(object.peer)},
              {"comm", object.peer_comm.escaped()},
              {"profile", nullptr}};
  const auto at = domains.find(object.peer_domain);
  if (at != domains.end())
    out["profile"] = escape(at->second);
  else if (object.peer_domain == 0 && !object.peer_comm.empty())
    out["profile"] = "unconfined";
  if (object.peer_domain != 0) out["domain_id"] = object.peer_domain;
  if (event.access & GL_TASK_SIGNAL) out["signal"] = signal_name(object.signal);
  return out;
}

// A mount has a place; what else the guard refuses has a name only.
Json guard_json(const Event& event) {
  Json out = {{"kind", "guard"}, {"access", bit_names(image::guard_words(), event.access)}};
  if (event.object.inode != 0) put_text(out, "path", event.object.path);
  return out;
}

}  // namespace

void put_text(Json& out, const char* key, const Text& text) {
  out[key] = text.bytes.empty() ? Json() : Json(text.bytes.escaped());
  if (!text.complete) out[std::string(key) + "_cut"] = true;
}

Json object_json(const Event& event, const std::map<std::uint32_t, std::string>& domains) {
  const Object& object = event.object;
  switch (event.klass) {
    case GL_CLASS_FILE:
      return file_json(object);
    case GL_CLASS_NET:
      return socket_json(object);
    case GL_CLASS_CAPABILITY:
      return {{"kind", "capability"},
              {"capability", word(image::capability_words(), object.capability)}};
    case GL_CLASS_MEMORY:
      return {{"kind", "memory"}, {"access", bit_names(image::memory_words(), event.access)}};
    case GL_CLASS_KERNEL:
      return {{"kind", "kernel"}, {"access", bit_names(image::kernel_words(), event.access)}};
    case GL_CLASS_TASK:
      return task_json(event, domains);
    case GL_CLASS_GUARD:
      return guard_json(event);
    default:
      return {{"kind", fmt::format("{}", event.klass)}};
  }
}

void put_contact(Json& out, const profile::Contact& contact) {
  for (const auto& [key, value] : {std::pair("owner", &contact.owner),
                                   {"severity", &contact.severity},
                                   {"runbook", &contact.runbook}})
    if (!value->empty()) out[key] = escape(*value, Backslash::keep);
}

}  // namespace glacis::evidence
