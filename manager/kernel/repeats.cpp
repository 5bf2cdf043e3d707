// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/repeats.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace glacis::kernel {

namespace {

// Entries are bounded by twice the table: a key that is deleted under the
// iteration sends it back to the start.
template <typename Each>
Status each_entry(int map_fd, Each each) {
  gl_repeat_key key{}, next{};
  const gl_repeat_key* from = nullptr;
  for (std::uint32_t i = 0; i < 2 * GL_REPEATS_MAX; ++i) {
    if (::bpf_map_get_next_key(map_fd, from, &next) != 0) {
      if (errno == ENOENT) break;
      return fail(Exit::kernel,
                  fmt::format("cannot read the table of repeats: {}",
                              std::generic_category().message(errno)),
                  "run `glacis doctor`");
    }
    key = next;
    from = &key;
    gl_repeat value{};
    if (::bpf_map_lookup_elem(map_fd, &key, &value) == 0) each(key, value);
  }
  return {};
}

}  // namespace

Result<std::vector<Repeats>> read_repeats(int map_fd) {
  std::vector<Repeats> out;
  const auto status = each_entry(map_fd, [&](const gl_repeat_key& key, const gl_repeat& value) {
    if (value.count != 0) out.push_back({key, value});
  });
  if (!status) return std::unexpected(status.error());
  return out;
}

}  // namespace glacis::kernel
