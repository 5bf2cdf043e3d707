// SPDX-License-Identifier: Apache-2.0
#include "manager/daemon/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "manager/base/escape.h"

namespace glacis::daemon {
namespace {

constexpr std::string_view service_interface = "org.varlink.service";
constexpr std::int64_t longest_wait = 7 * 24 * 3600;

std::string shown(std::string_view bytes) { return escape(bytes, Backslash::keep); }

Answer fault(std::string_view error, const Json& parameters = Json::object()) {
  return {error_reply(error, parameters), Answer::Then::done, {}};
}

Answer invalid(const char* parameter) {
  return fault("org.varlink.service.InvalidParameter", {{"parameter", parameter}});
}

Answer failed(const Error& error) {
  return fault("org.glacis.control.Failed", {{"exit", static_cast<int>(error.exit)},
                                             {"what", shown(error.what)},
                                             {"unchanged", shown(error.unchanged)},
                                             {"next", shown(error.next)}});
}

Answer done(const Json& parameters = Json::object()) {
  return {reply(parameters), Answer::Then::done, {}};
}

Answer done_or_failed(const Status& status) { return status ? done() : failed(status.error()); }

// The parameters of a call: each of its kind, and none that is not known.
class Parameters {
 public:
  explicit Parameters(const Call& call) : json_(call.parameters) {}

  std::optional<std::string> text(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return bad(key);
    return value->get<std::string>();
  }
  std::optional<std::int64_t> number(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer()) {
      bad_ = key;
      return std::nullopt;
    }
    return value->get<std::int64_t>();
  }
  // The first one that is wrong.
  [[nodiscard]] std::optional<std::string> wrong() const {
    if (!bad_.empty()) return bad_;
    for (const auto& [key, value] : json_.items())
      if (std::ranges::find(known_, key) == known_.end()) return shown(key);
    return std::nullopt;
  }

 private:
  const Json* find(const char* key) {
    known_.emplace_back(key);
    const auto at = json_.find(key);
    return at == json_.end() || at->is_null() ? nullptr : &*at;
  }
  std::optional<std::string> bad(const char* key) {
    bad_ = key;
    return std::nullopt;
  }

  const Json& json_;
  std::vector<std::string> known_;
  std::string bad_;
};

struct Method {
  std::string_view name;
  Role role;  // the least that may call it
};
constexpr std::array methods = {
    Method{"Status", Role::viewer},     Method{"Monitor", Role::viewer},
    Method{"Reload", Role::operator_},  Method{"SetMode", Role::operator_},
    Method{"Confirm", Role::operator_}, Method{"Unload", Role::admin},
};

Answer not_permitted(Role role, Role needed) {
  return fault("org.glacis.control.NotPermitted", {{"role", word(role)}, {"needed", word(needed)}});
}

// `name` alone.
std::optional<std::string> only_name(const Call& call) {
  Parameters parameters(call);
  auto name = parameters.text("name");
  return parameters.wrong() ? std::nullopt : name;
}

Json domain_json(const kernel::Domain& domain) {
  return {{"name", shown(domain.name)}, {"mode", mode_text(domain.mode)},
          {"held", domain.held},        {"image", "blake2b:" + image::hex(domain.digest)},
          {"denied", domain.denied},    {"would_deny", domain.would_deny},
          {"probes", domain.probes}};
}

}  // namespace

Answer Control::call(ClientId client, const Peer& peer, const Call& call) {
  if (call.interface == service_interface) return service(call);
  if (call.interface != control_interface)
    return fault("org.varlink.service.InterfaceNotFound", {{"interface", call.interface}});
  const auto method = std::ranges::find(methods, call.method, &Method::name);
  if (method == methods.end())
    return fault("org.varlink.service.MethodNotFound",
                 {{"method", call.interface + "." + call.method}});
  const Role role = roles_.of(peer);
  if (role < method->role) {
    say_(Level::warning, fmt::format("{} refused to user {} (process {}), who is {}", call.method,
                                     peer.uid, peer.pid, word(role)));
    return not_permitted(role, method->role);
  }
  const Asker asker{"control", peer.uid, peer.pid, std::string(word(role))};
  if (call.method == "SetMode") return set_mode(call, asker, role);
  if (call.method == "Unload" || call.method == "Confirm") {
    const auto name = only_name(call);
    if (!name) return invalid("name");
    // What would come back is stricter: to keep what is would be a weakening.
    if (role < Role::admin && policies_.mode_of(*name).value_or(GL_MODE_NONE) < goal(*name))
      return not_permitted(role, Role::admin);
    return done_or_failed(call.method == "Unload" ? policies_.unload(*name, asker)
                                                  : policies_.confirm(*name, asker));
  }
  Parameters parameters(call);
  const auto domain = call.method == "Monitor" ? parameters.text("domain") : std::nullopt;
  if (const auto wrong = parameters.wrong()) return invalid(wrong->c_str());
  if (call.method == "Status") return status();
  if (call.method == "Monitor") {
    if (!call.more) return fault("org.varlink.service.ExpectedMore");
    return {{}, Answer::Then::stream, domain.value_or("")};
  }
  waiting_.push_back(client);
  reload(asker);
  return {{}, Answer::Then::waits, {}};
}

Answer Control::service(const Call& call) {
  if (call.method == "GetInfo")
    return done({{"vendor", "Glacis"},
                 {"product", "glacisd"},
                 {"version", GLACIS_VERSION},
                 {"url", ""},
                 {"interfaces", {service_interface, control_interface}}});
  if (call.method != "GetInterfaceDescription")
    return fault("org.varlink.service.MethodNotFound",
                 {{"method", call.interface + "." + call.method}});
  Parameters parameters(call);
  const auto name = parameters.text("interface");
  if (!name || parameters.wrong()) return invalid("interface");
  if (*name != control_interface)
    return fault("org.varlink.service.InterfaceNotFound", {{"interface", shown(*name)}});
  return done({{"description", interface_text}});
}

Answer Control::set_mode(const Call& call, const Asker& asker, Role role) {
  Parameters parameters(call);
  const auto name = parameters.text("name");
  const auto word_of_mode = parameters.text("mode");
  const auto seconds = parameters.number("confirm_within");
  if (const auto wrong = parameters.wrong()) return invalid(wrong->c_str());
  const auto mode = word_of_mode ? parse_mode(*word_of_mode) : std::nullopt;
  if (!name) return invalid("name");
  if (!mode) return invalid("mode");
  if (seconds && (*seconds < 1 || *seconds > longest_wait)) return invalid("confirm_within");
  const auto was = policies_.mode_of(*name);
  // Whoever may not unload may not switch refusals off either.
  if (was && *mode < std::max(*was, goal(*name)) && role < Role::admin)
    return not_permitted(role, Role::admin);
  const auto within = seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
  if (const auto set = policies_.set_mode(*name, *mode, within, asker); !set)
    return failed(set.error());
  return done({{"was", mode_text(was.value_or(GL_MODE_NONE))}});
}

// The mode that an unconfirmed one gives way to.
gl_mode Control::goal(const std::string& name) const {
  const auto pending = policies_.state().rollbacks.find(name);
  return pending == policies_.state().rollbacks.end() ? GL_MODE_NONE : pending->second.to;
}

Json Control::profiles() const {
  Json out = Json::array();
  for (const auto& [file, status] : policies_.files())
    out.push_back({{"file", shown(file)},
                   {"path", shown(status.path.native())},
                   {"name", shown(status.name)},
                   {"state", word(status.state)},
                   {"problem", shown(status.problem)}});
  return out;
}

Answer Control::status() {
  const Status able = host_.able();
  Json problems = Json::array();
  if (!able) problems.push_back(shown(able.error().what));
  for (const auto& [subject, text] : problems_) problems.push_back(shown(text));
  for (const std::string& text : policies_.problems()) problems.push_back(shown(text));
  Json domains = Json::array(), counters = Json::object(), rollbacks = Json::array();
  if (const auto all = host_.domains()) {
    for (const kernel::Domain& domain : *all) domains.push_back(domain_json(domain));
  } else {
    problems.push_back(shown(all.error().what));
  }
  if (const auto all = host_.counters())
    for (const kernel::Counter& counter : *all) counters[counter.name] = counter.value;
  for (const auto& [name, seconds] : policies_.waiting())
    rollbacks.push_back({{"name", shown(name)},
                         {"to", mode_text(policies_.state().rollbacks.at(name).to)},
                         {"seconds", seconds.count()}});
  Json removed = Json::array();
  for (const std::string& name : policies_.removed()) removed.push_back(shown(name));
  return done({{"version", GLACIS_VERSION},
               {"enforcing", able.has_value()},
               {"problems", problems},
               {"domains", domains},
               {"profiles", profiles()},
               {"removed", removed},
               {"rollbacks", rollbacks},
               {"counters", counters},
               {"hooks", host_.hooks()},
               {"recorded", recorded_}});
}

void Control::set_problem(const std::string& subject, const std::string& text) {
  std::string& known = problems_[subject];
  if (!text.empty() && text != known) say_(Level::error, shown(text));
  if (text.empty() && !known.empty()) say_(Level::notice, subject + ": well again");
  known = text;
  if (text.empty()) problems_.erase(subject);
}

void Control::reload(const Asker& asker) { policies_.scan(Why::asked, asker); }

void Control::reloaded(Server& server) {
  if (policies_.busy() || waiting_.empty()) return;
  const auto broken = std::ranges::count_if(
      policies_.files(), [](const auto& one) { return one.second.state == FileState::broken; });
  const std::string bytes = reply({{"profiles", profiles()}, {"broken", broken}});
  for (const ClientId client : waiting_) server.finish(client, bytes);
  waiting_.clear();
}

}  // namespace glacis::daemon
