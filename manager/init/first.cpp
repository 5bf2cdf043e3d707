// SPDX-License-Identifier: Apache-2.0
#include "manager/init/first.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "lsm/abi/access.h"
#include "manager/import/draft.h"

namespace glacis::init {
namespace {

constexpr std::uint16_t first_open_port = 1024;  // net.ipv4.ip_unprivileged_port_start

std::string port_list(const std::vector<Port>& ports, bool udp) {
  std::string out;
  for (const Port& port : ports)
    if (port.udp == udp) out += fmt::format("{}{}", out.empty() ? "" : ", ", port.number);
  return out;
}

void add_ports(import::Draft& draft, std::vector<Port> ports) {
  if (ports.empty()) return;
  std::ranges::sort(ports);
  ports.erase(std::ranges::unique(ports).begin(), ports.end());
  import::NetDraft net;
  net.comment = "what it listens on";
  net.ops = {"bind"};
  for (const bool udp : {false, true})
    if (const std::string list = port_list(ports, udp); !list.empty())
      net.protocols.push_back({fmt::format("{} = [{}]", udp ? "udp" : "tcp", list), {}});
  draft.nets.push_back(std::move(net));
  if (ports.front().number < first_open_port)
    draft.capabilities.push_back({"net_bind_service", {}});
}

}  // namespace

std::string literal(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (std::string_view("*?[]{}\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool plain_path(const std::string& path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return false;
  for (std::size_t at = 0; at != std::string::npos && at + 1 <= path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part(path.data() + at + 1, end - at - 1);
    if (part == "." || part == ".." || (part.empty() && path.size() != 1)) return false;
    at = end == path.size() ? std::string::npos : end;
  }
  return true;
}

std::string first_profile(const Workload& workload) {
  import::Draft draft;
  draft.name = workload.name;
  draft.head = workload.head;
  draft.includes = {"abstractions/base", "abstractions/nameservice"};
  draft.mode = GL_MODE_OBSERVE;
  if (!workload.attach.empty()) draft.attach_exec = {workload.attach};
  for (const std::string& program : workload.programs) draft.exec.push_back({program, {}});
  if (!workload.data.empty()) {
    import::FileDraft file;
    file.comment = "its data";
    file.access = GL_FILE_READ | GL_FILE_WRITE | GL_FILE_CREATE | GL_FILE_UNLINK | GL_FILE_RENAME |
                  GL_FILE_MKDIR | GL_FILE_RMDIR;
    for (const std::string& folder : workload.data)
      file.paths.push_back({literal(folder == "/" ? "" : folder) + "{,/**}", {}});
    draft.files.push_back(std::move(file));
  }
  add_ports(draft, workload.ports);
  return import::toml(draft);
}

}  // namespace glacis::init
