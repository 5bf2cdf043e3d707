// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/door.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstring>
#include <vector>

#include "probe.skel.h"

namespace glacis::differential {

struct Door::State {
  probe_bpf* skeleton = nullptr;
  ~State() { probe_bpf__destroy(skeleton); }
};

namespace {

bpf_map* image_map(const probe_bpf* skeleton, unsigned size_class) {
  bpf_map* const maps[] = {skeleton->maps.probe_image_0, skeleton->maps.probe_image_1,
                           skeleton->maps.probe_image_2, skeleton->maps.probe_image_3};
  return maps[size_class];
}

struct Fill {
  gl_probe_request& q;
  std::string_view own;

  bool path(const std::string& path) const {
    if (path.size() > GL_PROBE_TEXT - GL_PROBE_TEXT / 8) return false;
    q.len = static_cast<__u32>(path.size());
    std::memcpy(q.text, path.data(), path.size());
    return true;
  }
  bool operator()(const sim::FileRequest& r) const {
    q.class_ = r.ending == GL_ENDING_ROOTED ? GL_PROBE_PATH : GL_PROBE_ENDING;
    q.access = r.access;
    q.owner = r.owner;
    q.ending = r.ending;
    return path(r.path);
  }
  bool operator()(const sim::ExecRequest& r) const {
    const bool rooted = r.ending == GL_ENDING_ROOTED;
    q.class_ = rooted ? GL_PROBE_EXEC : GL_PROBE_ENDING;
    q.access = rooted ? std::uint32_t{r.unsafe} : std::uint32_t{GL_FILE_EXECUTE};
    q.owner = r.owner;
    q.ending = r.ending;
    return path(r.path);
  }
  bool operator()(const sim::NetRequest& r) const {
    q.class_ = GL_PROBE_NET;
    q.op = r.op;
    q.kind = r.kind;
    q.v6 = r.v6;
    q.port = r.port;
    for (unsigned i = 0; i < 4; ++i) q.address[i] = r.address[i];
    return true;
  }
  bool operator()(const sim::SocketRequest& r) const {
    q.class_ = GL_PROBE_SOCKET;
    q.access = r.kind;
    return true;
  }
  bool operator()(const sim::CapabilityRequest& r) const {
    q.class_ = GL_PROBE_CAPABILITY;
    q.access = r.capability;
    return true;
  }
  bool operator()(const sim::MemoryRequest& r) const {
    q.class_ = GL_PROBE_MEMORY;
    q.access = r.access;
    return true;
  }
  bool operator()(const sim::KernelRequest& r) const {
    q.class_ = GL_PROBE_KERNEL;
    q.access = r.access;
    return true;
  }
  bool operator()(const sim::TaskRequest& r) const {
    q.class_ = GL_PROBE_TASK;
    q.task = sim::peer_request(r, own);
    return true;
  }
};

}  // namespace

Door::Door(std::unique_ptr<State> state) : state_(std::move(state)) {}
Door::Door(Door&&) noexcept = default;
Door& Door::operator=(Door&&) noexcept = default;
Door::~Door() = default;

std::optional<Door> Door::open(std::string& why) {
  auto state = std::make_unique<State>();
  state->skeleton = probe_bpf__open_and_load();
  if (state->skeleton == nullptr) {
    why = std::strerror(errno);
    return std::nullopt;
  }
  return Door(std::move(state));
}

bool Door::put(const image::ImageView& image, unsigned size_class) {
  std::vector<std::byte> blob(sizeof(gl_loaded) + image::size_class_bytes(size_class));
  const auto bytes = image.bytes();
  std::memcpy(blob.data() + sizeof(gl_loaded), bytes.data(), bytes.size());
  const __u32 zero = 0;
  return bpf_map_update_elem(bpf_map__fd(image_map(state_->skeleton, size_class)), &zero,
                             blob.data(), BPF_ANY) == 0;
}

std::optional<gl_verdict> Door::ask(const sim::Request& request, unsigned size_class,
                                    std::string_view own) {
  gl_probe_request q{};
  q.size = size_class;
  if (!std::visit(Fill{q, own}, request)) return std::nullopt;
  const __u32 zero = 0;
  const int requests = bpf_map__fd(state_->skeleton->maps.probe_requests);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (bpf_map_update_elem(requests, &zero, &q, BPF_ANY) != 0 ||
      bpf_prog_test_run_opts(bpf_program__fd(state_->skeleton->progs.gl_probe_door), &options) !=
          0 ||
      options.retval != 0 || bpf_map_lookup_elem(requests, &zero, &q) != 0)
    return std::nullopt;
  return q.verdict;
}

}  // namespace glacis::differential
