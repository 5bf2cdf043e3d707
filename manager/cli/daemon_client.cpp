// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/daemon_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>

namespace glacis::cli {
namespace {

constexpr std::size_t longest_reply = std::size_t{16} << 20;
constexpr int patience = 120'000;  // milliseconds; a reload compiles every profile

std::unexpected<Error> broken(const std::string& why) {
  return fail(Exit::unreachable, "glacisd does not answer: " + why, "systemctl status glacisd",
              "what is enforced stays in force");
}

Error error_of(const std::string& name, const Json& parameters) {
  if (name == "org.glacis.control.NotPermitted")
    return {Exit::not_permitted,
            fmt::format("this needs the role {}, and you are {}", member_text(parameters, "needed"),
                        member_text(parameters, "role")),
            "nothing was changed", "roles are set in /etc/glacis/glacis.toml"};
  if (name != "org.glacis.control.Failed")
    return {
        Exit::unreachable, "glacisd refused the call: " + shown(name), "nothing was changed", {}};
  const auto exit = parameters.find("exit");
  const int number = exit != parameters.end() && exit->is_number_integer() ? exit->get<int>() : 0;
  const bool known = number > 0 && number <= static_cast<int>(Exit::partial);
  return {known ? static_cast<Exit>(number) : Exit::bug, member_text(parameters, "what"),
          member_text(parameters, "unchanged"), member_text(parameters, "next")};
}

}  // namespace

std::optional<DaemonClient> DaemonClient::find() {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::string(daemon::control_socket).copy(to.sun_path, sizeof to.sun_path - 1);
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return std::nullopt;
  return DaemonClient(std::move(fd));
}

Result<DaemonClient> DaemonClient::need(std::string_view command) {
  if (auto client = find()) return std::move(*client);
  const bool refused = errno == EACCES;
  return fail(
      refused ? Exit::not_permitted : Exit::unreachable,
      fmt::format("`glacis {}` asks glacisd, which {}", command,
                  refused ? "you may not" : "does not run here"),
      refused ? "use sudo, or become a member of the group glacis" : "systemctl start glacisd",
      "nothing was changed");
}

Status DaemonClient::send(const std::string& method, const Json& parameters, bool more) {
  Json call = {{"method", std::string(daemon::control_interface) + "." + method},
               {"parameters", parameters}};
  if (more) call["more"] = true;
  const std::string bytes = call.dump(-1, ' ', false, Json::error_handler_t::replace) + '\0';
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return broken("it closed the connection");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<Json> DaemonClient::receive(bool wait_long) {
  for (;;) {
    if (const auto message = in_.next()) {
      Json json = Json::parse(*message, nullptr, false);
      if (!json.is_object()) return broken("it sent no JSON");
      const Json parameters = json.value("parameters", Json::object());
      const std::string error = member_text(json, "error");
      if (!error.empty()) return std::unexpected(error_of(error, parameters));
      return parameters;
    }
    pollfd one{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&one, 1, wait_long ? -1 : patience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return broken("it takes too long");
    char buffer[16384];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return broken("it closed the connection");
    if (!in_.add({buffer, static_cast<std::size_t>(got)}, longest_reply))
      return broken("its answer is too long");
  }
}

Result<Json> DaemonClient::call(const std::string& method, const Json& parameters) {
  if (auto sent = send(method, parameters, false); !sent) return std::unexpected(sent.error());
  return receive(false);
}

Status DaemonClient::stream(const std::string& method, const Json& parameters,
                            const std::function<bool(const Json&)>& each) {
  if (auto sent = send(method, parameters, true); !sent) return sent;
  for (;;) {
    const auto got = receive(true);
    if (!got) return std::unexpected(got.error());
    if (!each(*got)) return {};
  }
}

std::string member_text(const Json& of, const char* key) {
  const auto at = of.find(key);
  return at != of.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string shown_text(const Json& of, const char* key) { return shown(member_text(of, key)); }

std::uint64_t member_number(const Json& of, const char* key) {
  const auto at = of.find(key);
  return at != of.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

}  // namespace glacis::cli
