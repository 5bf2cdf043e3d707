// SPDX-License-Identifier: Apache-2.0
#include "manager/base/attach.h"

#include <algorithm>
#include <array>
#include <utility>

namespace glacis {
namespace {

constexpr std::array<std::pair<std::string_view, std::vector<std::string> Attachments::*>, 6>
    lists = {{{"exec", &Attachments::exec},
              {"unit", &Attachments::unit},
              {"user", &Attachments::user},
              {"oci", &Attachments::oci},
              {"inside", &Attachments::inside},
              {"outside", &Attachments::outside}}};

// Of cgroup v1 and v2, and what systemd counts to them.
constexpr std::array<std::string_view, 13> controllers = {"cpu",
                                                          "cpuacct",
                                                          "cpuset",
                                                          "io",
                                                          "blkio",
                                                          "memory",
                                                          "devices",
                                                          "pids",
                                                          "bpf-firewall",
                                                          "bpf-devices",
                                                          "bpf-foreign",
                                                          "bpf-socket-bind",
                                                          "bpf-restrict-network-interfaces"};

}  // namespace

std::string encode(const Attachments& attach) {
  std::string out;
  for (const auto& [word, list] : lists) {
    for (const std::string& value : attach.*list) {
      out.append(word).append(" ").append(value);
      out += '\0';
    }
  }
  return out;
}

std::optional<Attachments> parse_attachments(std::string_view text) {
  Attachments out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\0');
    const std::size_t space = rest.find(' ');
    if (end == std::string_view::npos || space >= end) return std::nullopt;
    const auto found = std::ranges::find(
        lists, rest.substr(0, space),
        &std::pair<std::string_view, std::vector<std::string> Attachments::*>::first);
    if (found == lists.end() || space + 1 == end) return std::nullopt;
    (out.*found->second).emplace_back(rest.substr(space + 1, end - space - 1));
    rest.remove_prefix(end + 1);
  }
  return encode(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::string> in_common(const Attachments& a, const Attachments& b) {
  constexpr std::array<std::pair<std::string_view, std::vector<std::string> Attachments::*>, 3>
      kinds = {{{"program", &Attachments::exec},
                {"unit", &Attachments::unit},
                {"user", &Attachments::user}}};
  for (const auto& [word, list] : kinds)
    for (const std::string& value : a.*list)
      if (std::ranges::find(b.*list, value) != (b.*list).end())
        return std::string(word) + " " + value;
  return std::nullopt;
}

std::string cgroup_of_unit(std::string_view unit) {
  constexpr std::array<std::string_view, 3> files = {"notify_on_release", "release_agent", "tasks"};
  const bool escaped = unit.starts_with('_') || unit.starts_with('.') ||
                       unit.starts_with("cgroup.") ||
                       std::ranges::find(files, unit) != files.end() ||
                       std::ranges::any_of(controllers, [&](std::string_view name) {
                         return unit.starts_with(name) && unit.substr(name.size()).starts_with('.');
                       });
  return (escaped ? "_" : "") + std::string(unit);
}

}  // namespace glacis
