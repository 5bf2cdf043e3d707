// SPDX-License-Identifier: Apache-2.0
#include "manager/oci/state.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace glacis::oci {
namespace {

constexpr std::string_view what = "the state";
constexpr std::size_t id_max = 1024;

std::unexpected<Error> refuse(const char* why) {
  return fail(Exit::usage, fmt::format("{} {}", what, why));
}

Result<pid_t> pid_in(const Json& state) {
  const auto at = state.find("pid");
  if (at == state.end()) return pid_t{0};
  if (!at->is_number_integer()) return refuse("has a pid that is no number");
  if (at->is_number_unsigned() &&
      at->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<pid_t>::max()})
    return static_cast<pid_t>(at->get<std::uint64_t>());
  return refuse("has a pid that no process has");
}

}  // namespace

Result<State> parse_state(std::string_view text) {
  if (text.size() > state_max) return refuse("is too long");
  const auto json = parse_object(text, what);
  if (!json) return std::unexpected(json.error());
  const auto version = string_in(*json, "ociVersion", what);
  auto id = string_in(*json, "id", what);
  auto bundle = string_in(*json, "bundle", what);
  const auto status = string_in(*json, "status", what);
  for (const auto* one : {&version, &std::as_const(id), &std::as_const(bundle), &status})
    if (!*one) return std::unexpected(one->error());
  const auto pid = pid_in(*json);
  if (!pid) return std::unexpected(pid.error());
  auto annotations = annotations_in(*json, what);
  if (!annotations) return std::unexpected(annotations.error());
  if (version->empty()) return refuse("has no ociVersion");
  if (id->empty() || id->size() > id_max) return refuse("has no id that could be a container's");
  if (!bundle->starts_with('/')) return refuse("has no bundle with an absolute path");
  if (status->empty()) return refuse("has no status");
  State out{std::move(*id), std::move(*bundle), *pid, *status == "stopped",
            std::move(*annotations)};
  if (!out.stopped && out.pid <= 1) return refuse("names no process of the container");
  return out;
}

Result<std::string> read_to_end(int fd, std::size_t max, std::string_view name) {
  std::string out;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Exit::usage, fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    if (got == 0) return out;
    out.append(part.data(), static_cast<std::size_t>(got));
    if (out.size() > max) return fail(Exit::usage, fmt::format("{} is too long", name));
  }
}

}  // namespace glacis::oci
