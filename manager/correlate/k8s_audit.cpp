// SPDX-License-Identifier: Apache-2.0
// audit.k8s.io/v1 Event. A session (exec, attach, portforward) has an event where it
// begins (ResponseStarted) and one where it ends (ResponseComplete), of one auditID.
#include <algorithm>
#include <array>

#include "manager/correlate/reader.h"

namespace glacis::correlate {
namespace {

constexpr std::string_view kPodOfToken = "authentication.kubernetes.io/pod-name";
constexpr std::string_view kServiceAccount = "system:serviceaccount:";

// EKS says in user.extra which identity of AWS the user is.
Person person(const Json& record) {
  const Json& user = at(record, "user");
  const Json& other = at(record, "impersonatedUser");
  const Json& extra = at(user, "extra");
  return {text(user, "username"),        texts(user, "groups"),
          text(other, "username"),       texts(other, "groups"),
          texts(record, "sourceIPs"),    text(record, "userAgent"),
          first_text(extra, "arn"),      first_text(extra, "accessKeyId"),
          first_text(extra, kPodOfToken)};
}

bool changes(std::string_view verb) {
  constexpr std::array words = {"create",           "update", "patch",   "delete",
                                "deletecollection", "bind",   "escalate"};
  return std::ranges::find(words, verb) != words.end();
}

bool of_rights(std::string_view resource) {
  constexpr std::array words = {"roles", "clusterroles", "rolebindings", "clusterrolebindings"};
  return std::ranges::find(words, resource) != words.end();
}

std::optional<Kind> kind_of(const Json& object, std::string_view verb) {
  const std::string resource = text(object, "resource"), sub = text(object, "subresource");
  if (resource == "pods") {
    if (sub == "exec") return Kind::exec;
    if (sub == "attach") return Kind::attach;
    if (sub == "portforward") return Kind::port_forward;
    if (sub == "ephemeralcontainers" && changes(verb)) return Kind::debug;
    if (sub.empty() && verb == "create") return Kind::create_pod;
  }
  if (resource == "secrets" && (verb == "get" || verb == "list" || verb == "watch"))
    return Kind::secret;
  if (of_rights(resource) && changes(verb)) return Kind::rights;
  return std::nullopt;
}

// Names, and the command of the first that has one, as far as the log has bodies.
void add_containers(const Json& list, Action& out) {
  if (!list.is_array()) return;
  for (const Json& one : list) {
    if (out.containers.size() >= longest_list) return;
    if (auto name = text(one, "name"); !name.empty()) out.containers.push_back(std::move(name));
    if (out.command.empty()) out.command = texts(one, "command");
  }
}

void add_body(const Json& record, Action& out) {
  const Json& spec = at(at(record, "requestObject"), "spec");
  if (out.kind == Kind::debug) add_containers(at(spec, "ephemeralContainers"), out);
  if (out.kind != Kind::create_pod) return;
  add_containers(at(spec, "containers"), out);
  if (out.pod.empty()) out.pod = text(at(at(record, "responseObject"), "metadata"), "name");
}

bool session(Kind kind) {
  return kind == Kind::exec || kind == Kind::attach || kind == Kind::port_forward;
}

void add_times(const Json& record, Action& out) {
  const std::string stage = text(record, "stage");
  const std::int64_t asked = time_of(text(record, "requestReceivedTimestamp"));
  const std::int64_t now = time_of(text(record, "stageTimestamp"));
  out.from = asked != 0 ? asked : now;
  if (stage == "ResponseComplete" || stage == "Panic")
    out.until = session(out.kind) || out.kind == Kind::secret ? now : 0;
  if (out.until != 0 && out.until < out.from) out.until = 0;
}

// A token that a pod was given says of which pod; older servers name the account only.
bool from_a_pod(const Person& by) {
  return !by.pod.empty() && by.name.starts_with(kServiceAccount);
}

class K8sAudit final : public Reader {
 public:
  [[nodiscard]] std::string_view name() const override { return "k8s-audit"; }

  [[nodiscard]] bool read(const Json& record, std::optional<Action>& out) const override {
    if (text(record, "kind") != "Event" || !text(record, "apiVersion").starts_with("audit.k8s.io/"))
      return false;
    const std::string stage = text(record, "stage"), verb = text(record, "verb");
    if (stage == "RequestReceived") return true;  // nothing came of it yet
    const Json& object = at(record, "objectRef");
    Action action;
    action.by = person(record);
    const auto kind = kind_of(object, verb);
    if (!kind && !from_a_pod(action.by)) return true;
    action.kind = kind.value_or(Kind::other);
    action.id = text(record, "auditID");
    action.space = text(object, "namespace");
    const std::string resource = text(object, "resource"), sub = text(object, "subresource");
    action.verb = verb + " " + resource + (sub.empty() ? "" : "/" + sub);
    if (resource == "pods") action.pod = text(object, "name");
    const Json& uri = at(record, "requestURI");
    if (uri.is_string()) {
      const auto& address = uri.get_ref<const std::string&>();
      action.command = query(address, "command");
      const auto containers = query(address, "container");
      if (!containers.empty()) action.container = containers.front();
    }
    add_body(record, action);
    add_times(record, action);
    const std::uint64_t code = number(at(record, "responseStatus"), "code");
    action.refused =
        code >= 400 || text(at(record, "annotations"), "authorization.k8s.io/decision") == "forbid";
    if (action.from == 0) return false;
    out = std::move(action);
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> k8s_audit() { return std::make_unique<K8sAudit>(); }

}  // namespace glacis::correlate
