// SPDX-License-Identifier: Apache-2.0
// The core, asked from user space: the same headers as in the BPF programs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "lsm/abi/access.h"
#include "lsm/abi/verdict.h"
#include "lsm/decide/file.h"
#include "lsm/decide/task.h"
#include "manager/image/view.h"

namespace glacis::sim {

struct FileRequest {
  std::string path;          // "/..." or "@..."; only for `rooted`
  std::uint32_t access = 0;  // GL_FILE_*
  std::uint32_t owner = 0;   // GL_OWNER_*
  gl_ending ending = GL_ENDING_ROOTED;

  friend bool operator==(const FileRequest&, const FileRequest&) = default;
};

// An exec, at the file that the task named. What the image of the profile that is
// entered says of it is another question.
struct ExecRequest {
  std::string path;  // only for `rooted`
  std::uint32_t owner = 0;
  gl_ending ending = GL_ENDING_ROOTED;
  bool unsafe = false;  // traced, with shared fs or no_new_privs

  friend bool operator==(const ExecRequest&, const ExecRequest&) = default;
};

struct NetRequest {
  gl_net_op op = GL_NET_NONE;  // bind, connect or send
  gl_socket kind = GL_SOCKET_NONE;
  bool v6 = false;
  std::array<std::uint32_t, 4> address{};  // host order; IPv4 in the first word
  std::uint16_t port = 0;

  friend bool operator==(const NetRequest&, const NetRequest&) = default;
};

struct SocketRequest {
  gl_socket kind = GL_SOCKET_NONE;
  friend bool operator==(const SocketRequest&, const SocketRequest&) = default;
};

struct CapabilityRequest {
  gl_capability capability{};
  friend bool operator==(const CapabilityRequest&, const CapabilityRequest&) = default;
};

struct MemoryRequest {
  std::uint32_t access = 0;  // GL_MEMORY_*
  friend bool operator==(const MemoryRequest&, const MemoryRequest&) = default;
};

struct KernelRequest {
  std::uint32_t access = 0;  // GL_KERNEL_*
  friend bool operator==(const KernelRequest&, const KernelRequest&) = default;
};

struct TaskRequest {
  std::string peer;          // self, unconfined, or the name of a profile
  std::uint32_t access = 0;  // one bit of GL_TASK_*
  std::uint32_t signal = 0;  // with GL_TASK_SIGNAL: from 1 on

  friend bool operator==(const TaskRequest&, const TaskRequest&) = default;
};

using Request = std::variant<FileRequest, NetRequest, SocketRequest, CapabilityRequest,
                             MemoryRequest, KernelRequest, TaskRequest, ExecRequest>;

// What a hook would ask for a task of the profile `own`, which may be empty
// where it is not known. Two tasks of one profile are in the same domain.
[[nodiscard]] gl_peer_request peer_request(const TaskRequest& request, std::string_view own);

// The image must outlive it. An image does not hold its profile's name, which
// rules of its own may speak of.
class Simulator {
 public:
  explicit Simulator(const image::ImageView& image, std::string own = {})
      : image_(image), own_(std::move(own)) {}

  [[nodiscard]] gl_verdict decide(const Request& request) const;

  // The accept record that a path ends in.
  [[nodiscard]] gl_accept accept(std::string_view path) const;

 private:
  gl_verdict operator()(const FileRequest& request) const;
  gl_verdict operator()(const ExecRequest& request) const;
  gl_verdict operator()(const NetRequest& request) const;
  gl_verdict operator()(const SocketRequest& request) const;
  gl_verdict operator()(const CapabilityRequest& request) const;
  gl_verdict operator()(const MemoryRequest& request) const;
  gl_verdict operator()(const KernelRequest& request) const;
  gl_verdict operator()(const TaskRequest& request) const;

  const image::ImageView& image_;
  std::string own_;
};

}  // namespace glacis::sim
