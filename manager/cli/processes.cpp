// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/personality.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include "manager/base/file.h"

namespace glacis::cli {
namespace {

namespace fs = std::filesystem;

std::optional<int> number_of(std::string_view text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

fs::path folder_of(pid_t pid) { return fmt::format("/proc/{}", pid); }

// Empty where it can't be read: a process may end while it is looked at, and a stream's iterators
// throw then.
std::string read_text(const fs::path& path) {
  return read_file(path, std::size_t{64} << 20).value_or("");
}

// The number after the state; a name may hold spaces and parentheses.
std::optional<pid_t> parent_of(pid_t pid) {
  const std::string stat = read_text(folder_of(pid) / "stat");
  const auto close = stat.rfind(") ");
  if (close == std::string::npos || close + 4 >= stat.size()) return std::nullopt;
  const std::string_view rest = std::string_view(stat).substr(close + 4);
  return number_of(rest.substr(0, rest.find(' ')));
}

template <typename Each>
void each_name(const fs::path& folder, Each each) {
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error))
    each(at->path());
}

std::string access_of(pid_t pid, int number) {
  std::istringstream in(read_text(folder_of(pid) / "fdinfo" / std::to_string(number)));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("flags:")) continue;
    const unsigned long flags = std::strtoul(line.c_str() + 6, nullptr, 8);
    if ((flags & O_PATH) != 0) return "path";
    switch (flags & O_ACCMODE) {
      case O_RDONLY:
        return "read";
      case O_WRONLY:
        return "write";
      default:
        return "read,write";
    }
  }
  return "unknown";
}

void add_descriptors(pid_t pid, Belongings& out) {
  each_name(folder_of(pid) / "fd", [&](const fs::path& path) {
    const auto number = number_of(path.filename().native());
    std::error_code error;
    const fs::path target = fs::read_symlink(path, error);
    if (!number || error) return;
    OpenDescriptor one{*number, access_of(pid, *number), Untrusted(target.native())};
    const bool ring = target.native() == "anon_inode:[io_uring]";
    (ring ? out.rings : out.descriptors).push_back(std::move(one));
  });
  const auto by_number = [](const OpenDescriptor& a, const OpenDescriptor& b) {
    return a.number < b.number;
  };
  std::ranges::sort(out.descriptors, by_number);
  std::ranges::sort(out.rings, by_number);
}

// "7f..-7f.. r-xp 00000000 08:01 1234    /usr/bin/x"; the name begins at the
// first byte that is no space after five fields.
void add_mapping(const std::string& line, Belongings& out) {
  std::istringstream in(line);
  std::string range, rights, offset, device, inode, name;
  if (!(in >> range >> rights >> offset >> device >> inode)) return;
  std::getline(in >> std::ws, name);
  if (rights.size() < 4 || rights[2] != 'x' || name == "[vdso]" || name == "[vsyscall]") return;
  const bool anonymous = name.empty() || name.starts_with('[');
  if (!anonymous && rights[1] != 'w') return;
  out.mappings.push_back({range, rights, Untrusted(name)});
}

}  // namespace

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  each_name("/proc", [&](const fs::path& path) {
    if (const auto pid = number_of(path.filename().native())) out.push_back(*pid);
  });
  std::ranges::sort(out);
  return out;
}

std::vector<pid_t> family_of(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  bool alive = false;
  for (const pid_t one : all_processes()) {
    alive = alive || one == pid;
    if (const auto parent = parent_of(one)) children.emplace(*parent, one);
  }
  std::vector<pid_t> out;
  if (alive) out.push_back(pid);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [first, last] = children.equal_range(out[i]);
    for (auto at = first; at != last; ++at) out.push_back(at->second);
  }
  std::ranges::sort(out);
  return out;
}

bool holds_anything(const Belongings& of) {
  const auto unusual = [](const OpenDescriptor& one) { return one.number > 2; };
  return of.reads_are_code || !of.rings.empty() || !of.mappings.empty() ||
         std::ranges::any_of(of.descriptors, unusual);
}

Belongings belongings_of(pid_t pid) {
  Belongings out;
  out.pid = pid;
  std::string comm = read_text(folder_of(pid) / "comm");
  if (comm.ends_with('\n')) comm.pop_back();
  out.comm = Untrusted(std::move(comm));
  add_descriptors(pid, out);
  const std::string personality = read_text(folder_of(pid) / "personality");
  out.reads_are_code = std::strtoul(personality.c_str(), nullptr, 16) & READ_IMPLIES_EXEC;
  std::istringstream maps(read_text(folder_of(pid) / "maps"));
  for (std::string line; std::getline(maps, line);) add_mapping(line, out);
  return out;
}

std::size_t filtered(const std::vector<pid_t>& processes) {
  return static_cast<std::size_t>(std::ranges::count_if(processes, [](pid_t pid) {
    return read_text(folder_of(pid) / "status").find("\nSeccomp:\t2\n") != std::string::npos;
  }));
}

std::string layers_text(std::string_view layer, const std::vector<pid_t>& processes) {
  const std::size_t some = filtered(processes);
  if (some == 0) return std::string(layer);
  if (some == processes.size()) return fmt::format("{} seccomp", layer);
  return fmt::format("{} seccomp({} of {})", layer, some, processes.size());
}

}  // namespace glacis::cli
