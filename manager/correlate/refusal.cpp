// SPDX-License-Identifier: Apache-2.0
#include "manager/correlate/refusal.h"

#include <array>

#include "manager/correlate/fields.h"
#include "manager/evidence/phrases.h"
#include "manager/evidence/record.h"

namespace glacis::correlate {
namespace {

// What stands between a container's first process, or a session's, and the host.
bool of_runtime(std::string_view comm) {
  constexpr std::array starts = {"containerd-shim", "conmon", "runc", "crun", "runsc", "youki"};
  for (const std::string_view start : starts)
    if (comm.starts_with(start)) return true;
  return false;
}

void add_tree(const evidence::Json& subject, Refusal& out) {
  if (auto comm = evidence::text_of(subject, "comm")) out.tree.push_back(std::move(*comm));
  if (const auto exe = evidence::text_of(subject, "exe"))
    out.tree.push_back(exe->substr(exe->rfind('/') + 1));
  const evidence::Json& ancestry = evidence::member(subject, "ancestry");
  if (!ancestry.is_array()) return;
  for (const evidence::Json& one : ancestry) {
    if (!one.is_array() || one.size() != 2 || !one[1].is_string()) continue;
    const auto& comm = one[1].get_ref<const std::string&>();
    // What is above it is the host's: no session in the container has it as its command.
    if (of_runtime(comm)) {
      out.whole_tree = true;
      return;
    }
    if (out.tree.size() < longest_list) out.tree.push_back(comm);
  }
}

std::vector<std::string> argv_of(const evidence::Json& record) {
  std::vector<std::string> out;
  const evidence::Json& list = evidence::member(evidence::member(record, "process"), "argv");
  if (!list.is_array()) return out;
  for (const evidence::Json& one : list)
    if (one.is_string() && out.size() < longest_list) out.push_back(one.get<std::string>());
  return out;
}

}  // namespace

std::string Refusal::place() const {
  std::string out = space;
  for (const std::string* one : {&pod, &container})
    if (!one->empty()) out += (out.empty() ? "" : "/") + *one;
  return out.empty() ? host : out;
}

std::optional<Refusal> refusal_of(const evidence::Json& record) {
  using evidence::text_of;
  if (text_of(record, "schema") != evidence::event_schema) return std::nullopt;
  Refusal out;
  out.when = text_of(record, "time").value_or("");
  out.time = time_of(out.when);
  if (out.time == 0) return std::nullopt;
  out.seq = evidence::number_of(record, "seq").value_or(0);
  out.host = text_of(record, "host").value_or("");
  out.domain = text_of(record, "domain").value_or("");
  out.verdict = text_of(record, "verdict").value_or("");
  out.grade = text_of(record, "grade").value_or("");
  const evidence::Json& container = evidence::member(record, "container");
  out.contained = container.is_object();
  out.space = text_of(container, "namespace").value_or("");
  out.pod = text_of(container, "pod").value_or("");
  out.container = text_of(container, "name").value_or("");
  out.blockers = evidence::shown_list(record, "blockers", ",");
  out.object = evidence::object_phrase(evidence::member(record, "object"));
  out.path = text_of(evidence::member(record, "object"), "path").value_or("");
  add_tree(evidence::member(record, "subject"), out);
  out.argv = argv_of(record);
  return out;
}

}  // namespace glacis::correlate
