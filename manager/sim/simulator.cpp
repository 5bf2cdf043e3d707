// SPDX-License-Identifier: Apache-2.0
#include "manager/sim/simulator.h"

#include <algorithm>

#include "lsm/decide/exec.h"
#include "lsm/decide/grants.h"
#include "lsm/decide/net.h"
#include "lsm/decide/path.h"
#include "manager/base/peer.h"

namespace glacis::sim {

gl_verdict Simulator::decide(const Request& request) const {
  return std::visit([this](const auto& one) { return (*this)(one); }, request);
}

gl_accept Simulator::accept(std::string_view path) const {
  const std::uint32_t comb = image_.header().comb.offset;
  std::uint32_t state = gl_path_start(image_.base());
  for (std::size_t i = path.size(); i-- > 0;)
    state =
        gl_path_step(image_.base(), image_.mask(), comb, state, static_cast<std::uint8_t>(path[i]));
  return gl_path_accept(image_.base(), image_.mask(), state);
}

gl_verdict Simulator::operator()(const FileRequest& request) const {
  if (request.ending != GL_ENDING_ROOTED)
    return gl_ending_decide(image_.base(), request.ending, request.access);
  const gl_accept record = accept(request.path);
  return gl_file_decide(image_.base(), image_.mask(), &record, request.access, request.owner);
}

gl_verdict Simulator::operator()(const ExecRequest& request) const {
  if (request.ending != GL_ENDING_ROOTED)
    return gl_ending_decide(image_.base(), request.ending, GL_FILE_EXECUTE);
  const gl_accept record = accept(request.path);
  return gl_exec_decide(image_.base(), image_.mask(), &record, request.owner, request.unsafe)
      .verdict;
}

gl_verdict Simulator::operator()(const NetRequest& request) const {
  gl_endpoint endpoint{};
  endpoint.op = request.op;
  endpoint.kind = request.kind;
  endpoint.v6 = request.v6 ? 1 : 0;
  endpoint.port = request.port;
  std::ranges::copy(request.address, endpoint.address);
  gl_endpoint_normalise(&endpoint);
  return gl_net_decide(image_.base(), image_.mask(), &endpoint);
}

gl_verdict Simulator::operator()(const SocketRequest& request) const {
  return gl_socket_decide(image_.base(), request.kind);
}

gl_verdict Simulator::operator()(const CapabilityRequest& request) const {
  return gl_capability_decide(image_.base(), request.capability);
}

gl_verdict Simulator::operator()(const MemoryRequest& request) const {
  return gl_memory_decide(image_.base(), request.access);
}

gl_verdict Simulator::operator()(const KernelRequest& request) const {
  return gl_kernel_decide(image_.base(), request.access);
}

gl_verdict Simulator::operator()(const TaskRequest& request) const {
  const gl_peer_request q = peer_request(request, own_);
  return gl_task_decide(image_.base(), image_.mask(), &q);
}

gl_peer_request peer_request(const TaskRequest& request, std::string_view own) {
  gl_peer_request out{};
  const bool self = request.peer == "self" || request.peer == own;
  const std::string_view name = self ? own : request.peer;
  // A domain has a name and never the number of a word.
  if (request.peer == "unconfined")
    out.peer = GL_PEER_UNCONFINED;
  else if (!name.empty())
    out.peer = name_number(name);
  out.self = self ? 1 : 0;
  out.access = request.access;
  out.signal = request.signal;
  return out;
}

}  // namespace glacis::sim
