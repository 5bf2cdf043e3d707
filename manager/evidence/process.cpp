// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <future>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "manager/base/escape.h"
#include "manager/base/fd.h"
#include "manager/evidence/program.h"

namespace glacis::evidence {
namespace {

using Json = Processes::Json;

constexpr std::size_t kBytes = 4096;
constexpr std::size_t kArguments = 64;
constexpr int kReaders = 8;
constexpr std::uint64_t kNone = 4294967295;  // how the kernel writes that there is none

Fd open_in(int folder, const char* name) {
  return Fd(::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

// At most `kBytes`, whatever the file holds.
std::optional<std::string> beginning(const Fd& fd) {
  if (!fd) return std::nullopt;
  std::string out(kBytes, '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = ::read(fd.get(), out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

std::optional<std::string> beginning(int folder, const char* name) {
  return beginning(open_in(folder, name));
}

// Arguments are read from the process's own memory, where it can put a page that a
// filesystem in user space answers for, or never does. So another thread reads them,
// and is left alone where that takes long; while `kReaders` of them read, none is begun.
std::optional<std::string> arguments_text(int folder, std::chrono::nanoseconds patience) {
  static std::atomic<int> readers = 0;
  Fd fd = open_in(folder, "cmdline");
  if (!fd || readers >= kReaders) return std::nullopt;
  std::packaged_task<std::optional<std::string>()> task([own = std::move(fd)] {
    auto out = beginning(own);
    --readers;
    return out;
  });
  auto read = task.get_future();
  ++readers;
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error&) {  // no room for a thread
    --readers;
    return std::nullopt;
  }
  return read.wait_for(patience) == std::future_status::ready ? read.get() : std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return out;
}

// Behind the name, which may hold anything: the last bracket ends it.
std::vector<std::string_view> stat_fields(std::string_view stat) {
  std::vector<std::string_view> out;
  const auto close = stat.rfind(')');
  if (close == stat.npos) return out;
  stat.remove_prefix(close + 1);
  while (!stat.empty()) {
    const auto end = std::min(stat.find_first_of(" \n"), stat.size());
    if (end != 0) out.push_back(stat.substr(0, end));
    stat.remove_prefix(std::min(end + 1, stat.size()));
  }
  return out;
}

struct Stat {
  std::uint64_t parent = 0, tty = 0, start = 0;
};

std::optional<Stat> stat_of(int folder) {
  const auto text = beginning(folder, "stat");
  if (!text) return std::nullopt;
  const auto fields = stat_fields(*text);
  if (fields.size() < 20) return std::nullopt;
  const auto tty = number(fields[4]), start = number(fields[19]);
  if (!start) return std::nullopt;
  return Stat{number(fields[1]).value_or(0), tty.value_or(0), *start};
}

Json tty_json(std::uint64_t number) {
  if (number == 0) return nullptr;
  const std::uint64_t major = number >> 8 & 0xfff;
  const std::uint64_t minor = (number & 0xff) | (number >> 12 & 0xfff00);
  if (major >= 136 && major < 144) return fmt::format("pts/{}", minor + (major - 136) * 256);
  if (major == 4 && minor < 64) return fmt::format("tty{}", minor);
  if (major == 4) return fmt::format("ttyS{}", minor - 64);
  return fmt::format("{}:{}", major, minor);
}

Json argv_json(std::string_view rest) {
  Json out = Json::array();
  while (!rest.empty() && out.size() < kArguments) {
    const auto end = std::min(rest.find('\0'), rest.size());
    out.push_back(escape(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

Json cwd_json(int folder) {
  std::string out(kBytes, '\0');
  const ssize_t got = ::readlinkat(folder, "cwd", out.data(), out.size());
  if (got <= 0) return nullptr;
  return escape(std::string_view(out).substr(0, static_cast<std::size_t>(got)));
}

Json number_json(int folder, const char* name) {
  const auto text = beginning(folder, name);
  const auto out = text ? number(*text) : std::nullopt;
  return out && *out != kNone ? Json(*out) : Json();
}

// The innermost of systemd's units in the path of the cgroup.
Json unit_json(int folder) {
  const auto text = beginning(folder, "cgroup");
  const auto at = text ? text->find("0::/") : std::string::npos;
  if (at == std::string::npos) return nullptr;
  std::string_view rest = std::string_view(*text).substr(at + 4);
  rest = rest.substr(0, rest.find('\n'));
  Json out;
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find('/'));
    if (one.ends_with(".service") || one.ends_with(".scope")) out = escape(one);
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::uint64_t clock_ticks(std::uint64_t nanoseconds) {
  static const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return nanoseconds / (1'000'000'000 / per_second);
}

std::optional<std::uint64_t> start_of(int folder) {
  const auto stat = stat_of(folder);
  return stat ? std::optional(stat->start) : std::nullopt;
}

Json Processes::arguments(int folder) {
  if (left_ <= std::chrono::nanoseconds(0)) return nullptr;
  const auto begin = std::chrono::steady_clock::now();
  const auto text = arguments_text(folder, std::min<std::chrono::nanoseconds>(patience_, left_));
  left_ -= std::chrono::steady_clock::now() - begin;
  return text ? argv_json(*text) : Json();
}

const Json& Processes::program(int folder, std::uint64_t pid, std::uint64_t start) {
  const auto key = std::pair(pid, start);
  if (const auto at = programs_.find(key); at != programs_.end()) return at->second;
  const auto begin = std::chrono::steady_clock::now();
  Json out = program_json(folder, std::min<std::chrono::nanoseconds>(patience_, left_));
  left_ -= std::chrono::steady_clock::now() - begin;
  return programs_.emplace(key, std::move(out)).first->second;
}

// A parent that began after its child has another's number.
Json Processes::ancestry(std::uint64_t parent, std::uint64_t start) {
  Json out = Json::array();
  while (parent != 0 && out.size() < most_ancestors) {
    const auto path = proc_ / std::to_string(parent);
    const Fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto stat = folder ? stat_of(folder.get()) : std::nullopt;
    if (!stat || stat->start > start) break;
    Json one{{"pid", parent}, {"start", stat->start}};
    one.update(program(folder.get(), parent, stat->start));
    out.push_back(std::move(one));
    parent = stat->parent;
    start = stat->start;
  }
  return out;
}

// The folder stays that of its process, though the number be given again; what is
// read through it after the process ended fails.
Json Processes::read(std::uint32_t tgid, std::uint64_t start) {
  const auto path = proc_ / std::to_string(tgid);
  const Fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return nullptr;
  const auto stat = stat_of(folder.get());
  if (!stat || stat->start != start) return nullptr;
  Json out = Json::object();
  out["argv"] = arguments(folder.get());
  out["cwd"] = cwd_json(folder.get());
  out["login_uid"] = number_json(folder.get(), "loginuid");
  out["session"] = number_json(folder.get(), "sessionid");
  out["tty"] = tty_json(stat->tty);
  out["unit"] = unit_json(folder.get());
  out["program"] = program(folder.get(), tgid, start);
  out["ancestry"] = ancestry(stat->parent, start);
  return out;
}

const Json& Processes::find(std::uint32_t tgid, std::uint64_t start) {
  static const Json none;
  const auto key = std::pair(tgid, start);
  if (const auto at = known_.find(key); at != known_.end()) return at->second;
  if (known_.size() >= most) return none;
  return known_.emplace(key, read(tgid, start)).first->second;
}

std::string Processes::told(std::string line, std::uint32_t tgid, std::uint64_t start) {
  if (line.size() <= 2 || !line.ends_with('}')) return line;
  const std::string own = find(tgid, start).dump(-1, ' ', false, Json::error_handler_t::replace);
  line.insert(line.size() - 1, ",\"process\":" + own);
  return line;
}

}  // namespace glacis::evidence
