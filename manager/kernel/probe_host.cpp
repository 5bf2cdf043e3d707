// SPDX-License-Identifier: Apache-2.0
// What files of the system tell.
#include "manager/kernel/probe_host.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "manager/base/file.h"

namespace glacis::kernel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModules = "/sys/kernel/security/lsm";
constexpr long kBpffs = 0xcafe4a11;

std::optional<std::string> text_of(const fs::path& path) {
  const auto read = read_file(path, std::size_t{64} << 10);
  if (!read) return std::nullopt;
  std::string text = *read;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Check passed(std::string name, std::string evidence) {
  return {std::move(name), Outcome::ok, std::move(evidence), {}, Exit::ok};
}
Check warned(std::string name, std::string evidence, std::string remedy) {
  return {std::move(name), Outcome::warn, std::move(evidence), std::move(remedy), Exit::ok};
}
Check failed(std::string name, std::string evidence, std::string remedy, Exit exit = Exit::kernel) {
  return {std::move(name), Outcome::fail, std::move(evidence), std::move(remedy), exit};
}

struct Need {
  unsigned number;
  const char* name;
};
constexpr std::array kNeeds = {Need{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
                               Need{CAP_PERFMON, "CAP_PERFMON"}, Need{CAP_BPF, "CAP_BPF"}};

std::uint64_t effective_capabilities() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("CapEff:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
  return 0;
}

std::vector<std::string> missing_capabilities() {
  std::vector<std::string> out;
  const std::uint64_t has = effective_capabilities();
  for (const Need& need : kNeeds)
    if ((has >> need.number & 1) == 0) out.emplace_back(need.name);
  return out;
}

std::string link_of(const char* path) {
  std::error_code error;
  return fs::read_symlink(path, error).native();
}

// The kernel gives its first user namespace this number.
bool first_user_namespace() { return link_of("/proc/self/ns/user") == "user:[4026531837]"; }

using Version = std::array<unsigned, 3>;

std::optional<Version> parse_version(std::string_view text) {
  Version out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out[i]);
    if (error != std::errc{}) return i == 2 ? std::optional(out) : std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || text.front() != '.') return i == 0 ? std::nullopt : std::optional(out);
    text.remove_prefix(1);
  }
  return out;
}

// Debian's release says 6.1.0-35; what it was made of stands in the version:
// "#1 SMP PREEMPT_DYNAMIC Debian 6.1.137-1 (2025-05-07)".
std::optional<Version> running_version(const utsname& name) {
  const std::string_view version = name.version;
  if (const auto at = version.find("Debian "); at != std::string_view::npos)
    if (const auto found = parse_version(version.substr(at + 7))) return found;
  if (const auto signature = text_of("/proc/version_signature"))  // Ubuntu
    if (const auto at = signature->rfind(' '); at != std::string::npos)
      if (const auto found = parse_version(std::string_view(*signature).substr(at + 1)))
        return found;
  return parse_version(name.release);
}

// The line for the boot loader: today's modules in their order, and bpf. The
// capability module is always there and is not named.
std::string boot_option(const std::string& list) {
  std::istringstream in(list);
  std::string out;
  for (std::string module; std::getline(in, module, ',');)
    if (module != "capability") out += module + ",";
  return "lsm=" + out + "bpf";
}

std::string modules_remedy(const std::string& list, const utsname& name) {
  const auto config = text_of(fmt::format("/boot/config-{}", name.release));
  if (config && config->find("\nCONFIG_BPF_LSM=y") == std::string::npos)
    return "this kernel was built without CONFIG_BPF_LSM: boot one that has it";
  return fmt::format(
      "add `{}` to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub, and reboot",
      boot_option(list));
}

// memory.max, or memory.limit_in_bytes, of our cgroup and of those above it.
std::optional<std::string> memory_limit() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const bool unified = line.starts_with("0::");
    const auto legacy = line.find(":memory:");
    if (!unified && legacy == std::string::npos) continue;
    const fs::path root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char* file = unified ? "memory.max" : "memory.limit_in_bytes";
    fs::path at = root / fs::path(line.substr(unified ? 3 : legacy + 8)).relative_path();
    for (;; at = at.parent_path()) {
      const auto limit = text_of(at / file);
      // Without a limit the older form holds the largest number of pages.
      if (limit && *limit != "max" && !limit->empty() && limit->size() < 18)
        return fmt::format("{} bytes in {}", *limit, (at / file).native());
      if (at == root || at == at.parent_path()) break;
    }
  }
  return std::nullopt;
}

std::string preemption() {
  if (const auto modes = text_of("/sys/kernel/debug/sched/preempt")) {
    const auto open = modes->find('('), close = modes->find(')');
    if (open != std::string::npos && close != std::string::npos && open < close)
      return modes->substr(open + 1, close - open - 1);
  }
  const auto line = text_of("/proc/cmdline").value_or("");
  if (const auto at = line.find("preempt="); at != std::string::npos)
    return line.substr(at + 8, line.find(' ', at) - at - 8);
  utsname name{};
  ::uname(&name);
  const std::string_view version = name.version;
  if (version.find("PREEMPT_DYNAMIC") != std::string_view::npos) return "dynamic";
  return version.find("PREEMPT") != std::string_view::npos ? "full" : "voluntary or none";
}

}  // namespace

bool privileged() {
  return ::geteuid() == 0 && missing_capabilities().empty() && first_user_namespace();
}

Check check_privileges() {
  const char* name = "privileges";
  if (::geteuid() != 0)
    return {name, Outcome::unknown, fmt::format("uid {}", ::geteuid()),
            "run it with sudo: the rest can only be tried by root", Exit::not_permitted};
  if (const auto missing = missing_capabilities(); !missing.empty())
    return {name, Outcome::unknown, fmt::format("root without {}", fmt::join(missing, ", ")),
            "run it outside of the container or sandbox", Exit::not_permitted};
  if (!first_user_namespace())
    return {name, Outcome::unknown, "root of a user namespace only",
            "run it outside of the container", Exit::not_permitted};
  return passed(name, "root with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN");
}

Check check_version() {
  utsname name{};
  ::uname(&name);
  const auto version = running_version(name);
  if (!version)
    return warned("kernel", fmt::format("release {}", name.release),
                  "6.1.55 or later is needed, which this release does not tell");
  const auto& [major, minor, patch] = *version;
  const std::string text = fmt::format("{} ({}.{}.{})", name.release, major, minor, patch);
  if (*version >= Version{6, 1, 55}) return passed("kernel", text);
  if (major == 6 && minor == 1 && patch == 0)
    return warned("kernel", fmt::format("{}, its patch level is not told", text),
                  "make sure that it contains 6.1.55: earlier ones can skip a program");
  return failed("kernel", text,
                "boot 6.1.55 or later: earlier kernels lack what is needed, or can skip a program");
}

Check check_btf() {
  std::error_code error;
  const auto size = fs::file_size("/sys/kernel/btf/vmlinux", error);
  if (!error && size > 0) return passed("btf", "/sys/kernel/btf/vmlinux");
  return failed("btf", "no /sys/kernel/btf/vmlinux",
                "boot a kernel with CONFIG_DEBUG_INFO_BTF=y (Debian's have it), with /sys mounted");
}

Check check_modules() {
  const auto list = text_of(kModules);
  if (!list)
    return warned("bpf-lsm", fmt::format("{} cannot be read", kModules),
                  "mount -t securityfs securityfs /sys/kernel/security");
  if (("," + *list + ",").find(",bpf,") != std::string::npos) return passed("bpf-lsm", *list);
  utsname name{};
  ::uname(&name);
  return failed("bpf-lsm", fmt::format("`bpf` is not among the security modules {}", *list),
                modules_remedy(*list, name));
}

Check check_bpffs_mount() {
  struct statfs info{};
  if (::statfs("/sys/fs/bpf", &info) == 0 && info.f_type == kBpffs)
    return passed("bpffs", "/sys/fs/bpf");
  return failed("bpffs", "no bpf file system is mounted at /sys/fs/bpf",
                "mount -t bpf bpf /sys/fs/bpf");
}

Check check_ftrace() {
  const auto value = text_of("/proc/sys/kernel/ftrace_enabled");
  if (!value)
    return warned("ftrace", "kernel.ftrace_enabled cannot be read",
                  "LSM programs run only while ftrace is enabled: see the trial below");
  if (*value == "1") return passed("ftrace", "kernel.ftrace_enabled is 1");
  return failed("ftrace", fmt::format("kernel.ftrace_enabled is {}: no LSM program runs", *value),
                "sysctl kernel.ftrace_enabled=1");
}

// The programs read counters of the kernel by their addresses, which libbpf takes from
// here; hidden ones are zeros, and would be taken for addresses. The list begins with
// symbols that are counted from 0.
Check check_addresses() {
  const char* name = "addresses";
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);)
    if (line.substr(0, line.find(' ')).find_first_not_of('0') != std::string::npos)
      return passed(name, "/proc/kallsyms shows them");
  if (!privileged())
    return {name, Outcome::unknown, "/proc/kallsyms hides them", "run it with sudo",
            Exit::not_permitted};
  return failed(name, "the kernel hides its addresses, which the programs need",
                "load with CAP_SYSLOG, and with kernel.kptr_restrict at 1 or 0");
}

// What no LSM program sees, or what ends them all; `glacis lock` is no help against it.
Check check_root_ways() {
  const auto lockdown = text_of("/sys/kernel/security/lockdown");
  const bool locked = lockdown && (lockdown->find("[integrity]") != std::string::npos ||
                                   lockdown->find("[confidentiality]") != std::string::npos);
  const auto is = [](const char* path, std::string_view value) { return text_of(path) == value; };
  std::error_code ignored;
  std::vector<std::string> open;
  if (!locked && !is("/proc/sys/kernel/modules_disabled", "1") &&
      !is("/sys/module/module/parameters/sig_enforce", "Y"))
    open.emplace_back("unsigned kernel modules");
  if (!locked && is("/proc/sys/kernel/kexec_load_disabled", "0")) open.emplace_back("kexec");
  if (!locked && fs::exists("/dev/mem", ignored)) open.emplace_back("/dev/mem");
  open.emplace_back("raw disks");
  if (text_of("/proc/sys/kernel/sysrq").value_or("0") != "0") open.emplace_back("sysrq");
  return warned(
      "root",
      fmt::format("root outside any domain can get round all of it by: {}", fmt::join(open, ", ")),
      locked ? "sysctl kernel.sysrq=0; give nobody root who need not have it"
             : "boot with lockdown=integrity; sysctl kernel.kexec_load_disabled=1 "
               "kernel.sysrq=0");
}

Check check_mount_namespace() {
  const std::string own = link_of("/proc/self/ns/mnt");
  const std::string first = link_of("/proc/1/ns/mnt");
  if (first.empty() && privileged())
    return warned("mount-namespace", "/proc/1/ns/mnt cannot be read",
                  "a sandbox may surround this shell: load from outside of it");
  if (first.empty())
    return {"mount-namespace", Outcome::unknown, "/proc/1/ns/mnt cannot be read",
            "run it with sudo", Exit::not_permitted};
  if (own == first) return passed("mount-namespace", "that of process 1");
  return warned("mount-namespace", "not that of process 1",
                "what is pinned here ends with this namespace: load from the host's own");
}

Check check_memory() {
  const auto limit = memory_limit();
  if (!limit) return passed("memory", "no limit above this process");
  return warned("memory", *limit,
                "labels of all confined tasks are charged to the cgroup that loads: load from one "
                "without a limit, or confined programs may fail to fork");
}

Check check_preemption() {
  const std::string mode = preemption();
  utsname name{};
  ::uname(&name);
  const auto version = running_version(name);
  if (mode == "full" && version && *version < Version{6, 12, 0})
    return warned("preemption", "full",
                  "label look-ups can be disturbed on this kernel; they are repeated and counted "
                  "(label_lost), which costs time; preempt=voluntary avoids it");
  return passed("preemption", mode);
}

}  // namespace glacis::kernel
