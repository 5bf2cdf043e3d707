// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/running.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "lsm/decide/attach.h"
#include "manager/base/escape.h"
#include "manager/base/file.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

bool has(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

// The number, from 1, of the domain whose list has the value; 0 if none has.
template <typename Match>
std::uint32_t number_of(std::span<const Domain> domains, Match match) {
  for (std::size_t i = 0; i < domains.size(); ++i)
    if (match(domains[i].attach)) return static_cast<std::uint32_t>(i + 1);
  return 0;
}

struct Units {
  gl_attach_units found{};
  std::string unit, slice;  // their names
};

Units units_of(std::string_view cgroup, std::span<const Domain> domains) {
  Units out;
  unsigned level = 0;
  for (const auto part : std::views::split(cgroup, '/')) {
    const std::string name(part.begin(), part.end());
    if (name.empty()) continue;
    if (++level > GL_ATTACH_SLICES_MAX) break;
    const std::uint32_t domain = number_of(domains, [&](const Attachments& attach) {
      return std::ranges::any_of(
          attach.unit, [&](const std::string& unit) { return cgroup_of_unit(unit) == name; });
    });
    if (domain != 0) (is_slice(name) ? out.slice : out.unit) = name;
    if (gl_attach_level(&out.found, is_slice(name), domain) == 0) break;
  }
  return out;
}

bool is_user(const std::string& user, uid_t uid) {
  uid_t number = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
  if (error == std::errc() && end == user.data() + user.size()) return number == uid;
  passwd found{};
  passwd* result = nullptr;
  std::vector<char> room(16384);
  return ::getpwnam_r(user.c_str(), &found, room.data(), room.size(), &result) == 0 &&
         result != nullptr && found.pw_uid == uid;
}

// --- /proc ------------------------------------------------------------------

fs::path folder_of(pid_t pid) { return fmt::format("/proc/{}", pid); }

// Empty where it can't be read: a process may end while it is looked at, and a stream's iterators
// throw then.
std::string read_text(const fs::path& path) {
  return read_file(path, std::size_t{64} << 20).value_or("");
}

std::string link_of(const fs::path& path) {
  std::error_code error;
  std::string out = fs::read_symlink(path, error).native();
  return error ? std::string() : out;
}

// The rest of the line that begins with this.
std::string line_of(const std::string& text, std::string_view beginning) {
  for (const auto part : std::views::split(text, '\n')) {
    const std::string_view line(part.begin(), part.end());
    if (line.starts_with(beginning)) return std::string(line.substr(beginning.size()));
  }
  return {};
}

template <typename Number>
Number number_in(std::string_view text) {
  while (text.starts_with('\t') || text.starts_with(' ')) text.remove_prefix(1);
  Number out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

bool in_host_root(pid_t pid) {
  struct stat own{}, host{};
  return ::stat((folder_of(pid) / "root").c_str(), &own) == 0 &&
         ::stat("/proc/1/root", &host) == 0 && own.st_dev == host.st_dev &&
         own.st_ino == host.st_ino &&
         link_of(folder_of(pid) / "ns/mnt") == link_of("/proc/1/ns/mnt");
}

ProcessFacts facts_of(pid_t pid) {
  ProcessFacts out;
  out.program = link_of(folder_of(pid) / "exe");
  // What was replaced since (by an upgrade) was that program when it started.
  constexpr std::string_view gone = " (deleted)";
  if (out.program.ends_with(gone)) out.program.resize(out.program.size() - gone.size());
  out.host_root = in_host_root(pid);
  out.cgroup = line_of(read_text(folder_of(pid) / "cgroup"), "0::");
  out.user = number_in<uid_t>(line_of(read_text(folder_of(pid) / "status"), "Uid:"));
  return out;
}

std::vector<pid_t> processes() {
  std::vector<pid_t> out;
  std::error_code error;
  for (auto at = fs::directory_iterator("/proc", error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().native();
    if (const auto pid = number_in<pid_t>(name); pid > 0) out.push_back(pid);
  }
  std::ranges::sort(out);
  return out;
}

// This process and those that it descends from.
std::set<pid_t> own_line() {
  std::set<pid_t> out;
  for (pid_t pid = ::getpid(); pid > 0 && out.insert(pid).second;)
    pid = number_in<pid_t>(line_of(read_text(folder_of(pid) / "status"), "PPid:"));
  return out;
}

bool labelled(const Enforcer& enforcer, pid_t pid) {
  const auto domain = enforcer.domain_of(pid);
  return !domain || domain->has_value();  // one that ended needs none
}

Result<std::vector<Domain>> domains_of(const Enforcer& enforcer, const std::string& profile) {
  if (profile.empty()) return enforcer.domains();
  auto one = enforcer.find(profile);
  if (!one) return std::unexpected(one.error());
  return std::vector<Domain>{std::move(*one)};
}

}  // namespace

std::optional<Attacher> attacher_of(const ProcessFacts& process, std::span<const Domain> domains) {
  if (process.program.empty()) return std::nullopt;  // the kernel's own
  const auto answer = [&](std::uint32_t number, std::string reason) {
    return Attacher{domains[number - 1].name, std::move(reason)};
  };
  const auto outside = [&](std::uint32_t number) {
    return has(domains[number - 1].attach.outside, process.program);
  };
  const Units units = units_of(process.cgroup, domains);
  if (units.found.unit != 0)
    return outside(units.found.unit)
               ? std::nullopt
               : std::optional(answer(units.found.unit, "unit " + units.unit));
  const std::uint32_t program =
      number_of(domains, [&](const Attachments& a) { return has(a.exec, process.program); });
  if (process.host_root && program != 0) return answer(program, "program " + process.program);
  if (units.found.slice != 0)
    return outside(units.found.slice)
               ? std::nullopt
               : std::optional(answer(units.found.slice, "slice " + units.slice));
  const std::uint32_t user = number_of(domains, [&](const Attachments& a) {
    return std::ranges::any_of(a.user,
                               [&](const std::string& one) { return is_user(one, process.user); });
  });
  if (user == 0 || outside(user)) return std::nullopt;
  return answer(user, fmt::format("user {}", process.user));
}

Result<std::vector<Running>> find_running(const Enforcer& enforcer, const std::string& profile) {
  auto domains = domains_of(enforcer, profile);
  if (!domains) return std::unexpected(domains.error());
  if (std::ranges::none_of(*domains, [](const Domain& d) { return d.attach.any(); }))
    return std::vector<Running>{};
  std::vector<std::pair<pid_t, ProcessFacts>> some;
  for (const pid_t pid : processes()) {
    ProcessFacts facts = facts_of(pid);
    if (pid != 1 && attacher_of(facts, *domains) && !labelled(enforcer, pid))
      some.emplace_back(pid, std::move(facts));
  }
  std::vector<Running> out;
  if (some.empty()) return out;
  // Another profile may go before this one. To read them all takes its time.
  if (!profile.empty()) domains = enforcer.domains();
  if (!domains) return std::unexpected(domains.error());
  const std::set<pid_t> own = own_line();
  for (const auto& [pid, facts] : some) {
    auto by = attacher_of(facts, *domains);
    if (by && (profile.empty() || by->profile == profile))
      out.push_back({pid, std::move(*by), own.contains(pid), false, {}});
  }
  return out;
}

Result<std::vector<Running>> adopt_running(Enforcer& enforcer, const std::string& profile) {
  auto found = find_running(enforcer, profile);
  if (!found) return std::unexpected(found.error());
  for (Running& each : *found) {
    if (each.own) {
      each.not_since = "this command runs below it";
      continue;
    }
    // A descendant of one that was adopted has its label by now.
    if (labelled(enforcer, each.pid)) {
      each.adopted = true;
      continue;
    }
    const auto adopted = enforcer.adopt(each.pid, each.by.profile);
    each.adopted = adopted.has_value();
    if (!adopted) each.not_since = adopted.error().what;
  }
  return found;
}

}  // namespace glacis::kernel
