// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/usage.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "manager/kernel/state.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const std::string& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (!at->is_directory(error)) out.push_back(at->path());
  std::ranges::sort(out);
  return out;
}

// A key that goes away sends the walk back to the start, so its length is bounded.
std::optional<std::uint64_t> count_keys(int map, const bpf_map_info& info) {
  std::vector<std::byte> key(info.key_size), next(info.key_size);
  for (std::uint64_t count = 0; count <= info.max_entries; ++count) {
    if (bpf_map_get_next_key(map, count == 0 ? nullptr : key.data(), next.data()) != 0)
      return errno == ENOENT ? std::optional(count) : std::nullopt;
    key.swap(next);
  }
  return std::nullopt;
}

}  // namespace

std::vector<TableFill> table_fills() {
  std::vector<TableFill> out;
  for (const fs::path& path : entries_of(pin_folder)) {
    const Fd map = open_read_only(path);
    bpf_map_info info{};
    __u32 size = sizeof(info);
    if (!map || bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0 ||
        info.type != BPF_MAP_TYPE_HASH)
      continue;
    if (const auto used = count_keys(map.get(), info))
      out.push_back({path.filename().string(), *used, info.max_entries});
  }
  return out;
}

std::vector<ProgramCost> program_costs() {
  std::vector<ProgramCost> out;
  for (const fs::path& path : entries_of(pin("programs"))) {
    const Fd program = open_read_only(path);
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0)
      out.push_back({path.filename().string(), info.run_cnt, info.run_time_ns});
  }
  return out;
}

}  // namespace glacis::kernel
