// SPDX-License-Identifier: Apache-2.0
// AWS CloudTrail: commands in a task's container (ECS), sessions on a host (SSM), who
// took which role, and who was given rights in a cluster (EKS). A user of EKS is known
// to the API server by the access key of a role; only here it says who took the role.
#include <array>

#include "manager/correlate/reader.h"

namespace glacis::correlate {
namespace {

Person identity_of(const Json& record) {
  const Json& user = at(record, "userIdentity");
  Person out;
  out.arn = text(user, "arn");
  out.access_key = text(user, "accessKeyId");
  out.name = text(user, "userName");
  if (out.name.empty()) out.name = out.arn;
  if (out.name.empty()) out.name = text(user, "invokedBy");
  if (auto address = text(record, "sourceIPAddress"); !address.empty())
    out.addresses.push_back(std::move(address));
  out.agent = text(record, "userAgent");
  return out;
}

struct Call {
  std::string_view source, name;
  Kind kind;
};
constexpr std::array kCalls = {
    Call{"ecs.amazonaws.com", "ExecuteCommand", Kind::exec},
    Call{"ssm.amazonaws.com", "StartSession", Kind::host_session},
    Call{"ssm.amazonaws.com", "SendCommand", Kind::host_session},
    Call{"eks.amazonaws.com", "CreateAccessEntry", Kind::rights},
    Call{"eks.amazonaws.com", "UpdateAccessEntry", Kind::rights},
    Call{"eks.amazonaws.com", "AssociateAccessPolicy", Kind::rights},
    Call{"secretsmanager.amazonaws.com", "GetSecretValue", Kind::secret},
    Call{"sts.amazonaws.com", "AssumeRole", Kind::identity},
    Call{"sts.amazonaws.com", "AssumeRoleWithSAML", Kind::identity},
    Call{"sts.amazonaws.com", "AssumeRoleWithWebIdentity", Kind::identity},
    Call{"sts.amazonaws.com", "GetSessionToken", Kind::identity},
};

std::optional<Kind> kind_of_event(std::string_view source, std::string_view name) {
  for (const Call& call : kCalls)
    if (call.source == source && call.name == name) return call.kind;
  return std::nullopt;
}

// A command line as one string: its words, as far as blanks part them.
std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> out;
  while (!line.empty() && out.size() < longest_list) {
    const auto end = line.find(' ');
    if (end != 0) out.emplace_back(line.substr(0, end));
    line = end == line.npos ? "" : line.substr(end + 1);
  }
  return out;
}

class CloudTrail final : public Reader {
 public:
  [[nodiscard]] std::string_view name() const override { return "cloudtrail"; }

  [[nodiscard]] bool read(const Json& record, std::optional<Action>& out) const override {
    const std::string source = text(record, "eventSource"), call = text(record, "eventName");
    const std::int64_t time = time_of(text(record, "eventTime"));
    if (source.empty() || call.empty() || time == 0) return false;
    const auto kind = kind_of_event(source, call);
    if (!kind) return true;
    Action action;
    action.kind = *kind;
    action.id = text(record, "eventID");
    action.verb = source.substr(0, source.find('.')) + ":" + call;
    action.from = time;
    action.refused = !text(record, "errorCode").empty();
    action.by = identity_of(record);
    const Json& asked = at(record, "requestParameters");
    const Json& answer = at(record, "responseElements");
    action.container = text(asked, "container");
    if (action.container.empty()) action.container = text(answer, "containerName");
    action.command = words(text(asked, "command"));
    action.host = text(asked, "target");
    if (action.host.empty()) action.host = first_text(asked, "instanceIds");
    action.new_access_key = text(at(answer, "credentials"), "accessKeyId");
    out = std::move(action);
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> cloudtrail() { return std::make_unique<CloudTrail>(); }

}  // namespace glacis::correlate
