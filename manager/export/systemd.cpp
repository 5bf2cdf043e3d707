// SPDX-License-Identifier: Apache-2.0
// A drop-in for a unit. systemd takes rights away from a service that has all of
// them: by folders, capabilities, families of sockets, addresses and calls.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include "lsm/abi/access.h"
#include "manager/export/export.h"
#include "manager/export/tree.h"
#include "manager/profile/address.h"
#include "manager/profile/words.h"

namespace glacis::exports {
namespace {

using diag::Code;
using namespace profile;

constexpr std::uint32_t alters = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_CREATE | GL_FILE_UNLINK |
                                 GL_FILE_RENAME | GL_FILE_LINK | GL_FILE_SYMLINK | GL_FILE_MKDIR |
                                 GL_FILE_RMDIR | GL_FILE_MKNOD | GL_FILE_CHMOD | GL_FILE_CHOWN |
                                 GL_FILE_TRUNCATE | GL_FILE_UNIX_BIND;
constexpr std::uint32_t execution =
    GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_INTERPRET | GL_FILE_TRANSITION;

// A value of a unit file; nothing for control bytes.
bool can_write(const std::string& text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string value(const std::string& path) {
  std::string out;
  bool quote = false;
  for (const char c : path) {
    quote = quote || c == ' ' || c == '"' || c == '\'' || c == '\\' || c == ';';
    if (c == '"' || c == '\\') out += '\\';
    if (c == '%') out += '%';
    out += c;
  }
  return quote ? "\"" + out + "\"" : out;
}

std::string upper(std::string_view word) {
  std::string out;
  for (const char c : word) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string joined(const std::set<std::string>& all) {
  std::string out;
  for (const std::string& each : all) out += (out.empty() ? "" : " ") + each;
  return out;
}

struct Door {
  std::uint32_t bit;
  std::string_view calls;
};

constexpr std::array<Door, 9> doors = {{
    {GL_KERNEL_IO_URING, "io_uring_setup io_uring_enter io_uring_register"},
    {GL_KERNEL_USERFAULTFD, "userfaultfd"},
    {GL_KERNEL_BPF, "bpf"},
    {GL_KERNEL_PERF_EVENT, "perf_event_open"},
    {GL_KERNEL_MODULE, "init_module finit_module delete_module"},
    {GL_KERNEL_KEXEC, "kexec_load kexec_file_load"},
    {GL_KERNEL_KEYS, "add_key keyctl request_key"},
    {GL_KERNEL_SYSLOG, "syslog"},
    {GL_KERNEL_SYSV_IPC, "msgget semget shmget"},
}};

struct UnitFamily {
  std::string_view name;
  std::array<gl_socket, 6> kinds;
};

constexpr std::array<UnitFamily, 12> unit_families = {{
    {"AF_UNIX", {GL_SOCKET_UNIX}},
    {"AF_NETLINK",
     {GL_SOCKET_NETLINK_ROUTE, GL_SOCKET_NETLINK_AUDIT, GL_SOCKET_NETLINK_UEVENT,
      GL_SOCKET_NETLINK_DIAG, GL_SOCKET_NETLINK_GENERIC, GL_SOCKET_NETLINK_OTHER}},
    {"AF_PACKET", {GL_SOCKET_PACKET}},
    {"AF_VSOCK", {GL_SOCKET_VSOCK}},
    {"AF_ALG", {GL_SOCKET_ALG}},
    {"AF_BLUETOOTH", {GL_SOCKET_BLUETOOTH}},
    {"AF_CAN", {GL_SOCKET_CAN}},
    {"AF_TIPC", {GL_SOCKET_TIPC}},
    {"AF_RDS", {GL_SOCKET_RDS}},
    {"AF_SMC", {GL_SOCKET_SMC}},
    {"AF_XDP", {GL_SOCKET_XDP}},
    {"AF_KCM", {GL_SOCKET_KCM}},
}};

bool is_internet(unsigned kind) { return kind >= GL_SOCKET_TCP && kind <= GL_SOCKET_DCCP; }

// What the rules add up to.
struct Sum {
  std::set<std::string> writable, read_only, runnable, hidden;
  std::set<std::string> capabilities, refused_capabilities;
  std::set<std::string> v4, v6, binds;
  std::uint32_t sockets = 0, memory = 0, kernel = 0;
  bool connects_any = false, inet = false, inet6 = false, accepts = false;
  bool other_binds = false, traces = false, list = false;
  std::set<std::string> allowed, denied, killed;
};

class Unit {
 public:
  Unit(const ResolvedProfile& profile, Findings& findings)
      : profile_(profile), findings_(findings) {}

  std::string run() {
    for (const Rule& rule : profile_.rules) {
      span_ = rule.span;
      std::visit([this](const auto& body) { add(body); }, rule.body);
    }
    span_ = {0, 1, 1, 1};
    std::string unit = profile_.attach.unit.empty() ? "NAME.service" : profile_.attach.unit[0];
    if (!can_write(unit)) unit = "NAME.service";
    out_ = fmt::format(
        "# Made by glacis from the profile {}, for /etc/systemd/system/{}.d/.\n[Service]\n",
        profile_.name, unit);
    files();
    capabilities();
    sockets();
    kernel();
    calls();
    whole();
    return out_;
  }

 private:
  void say(Code code, std::string message) { findings_.add(code, std::move(message), span_); }
  void set(std::string_view key, std::string_view text) {
    out_ += fmt::format("{}={}\n", key, text);
  }
  void each(std::string_view key, const std::set<std::string>& paths) {
    for (const std::string& path : paths) set(key, "-" + value(path));
  }

  // The folder of a pattern stands for it, in grants.
  void put(std::set<std::string>& to, const PathRule& rule, const char* message) {
    for (const Place& place : places_of(rule.glob)) {
      if (!can_write(place.base)) {
        say(Code::GL621, "a path with control bytes can't be written down");
        continue;
      }
      if (place.kind == Place::Kind::folder || place.kind == Place::Kind::pattern)
        say(Code::GL611, message);
      if (place.kind == Place::Kind::tree && !place.itself)
        say(Code::GL611, "the folder of a tree is granted with it");
      to.insert(place.base);
    }
  }

  void add(const PathRule& rule) {
    if (rule.deny) {
      refuse(rule);
      return;
    }
    if ((rule.access & GL_FILE_SET_ID) != 0) set_id_ = true;
    if (rule.access == GL_FILE_DIGEST) {
      say(Code::GL613, "what a program or library holds is not asked");
      return;
    }
    if (rule.glob.starts_with('@')) return;
    if (rule.owner == Owner::root) say(Code::GL613, "that root owns the file is not asked");
    const bool everywhere = std::ranges::any_of(
        places_of(rule.glob), [](const Place& place) { return place.base == "/"; });
    if ((rule.access & alters) == GL_FILE_UNIX_BIND && everywhere) {
      say(Code::GL621, "a socket is bound only where files may be made");
    } else if ((rule.access & alters) != 0) {
      put(sum_.writable, rule, "what is in the folder of a pattern is writable");
      if ((rule.access & alters) != alters)
        say(Code::GL611, "what is writable may be changed in every way");
      if (rule.owner == Owner::self) say(Code::GL613, "the owner of a file is not asked");
    }
    if ((rule.access & execution) != 0)
      put(sum_.runnable, rule, "what is in the folder of a pattern may be executed");
    if (rule.transition && !rule.transition->to.empty())
      say(Code::GL613, "an exec leads to no other policy: the program stays under this one");
  }

  void refuse(const PathRule& rule) {
    if (rule.glob.starts_with('@')) {
      say(Code::GL614, "names of Unix sockets are not refused");
      return;
    }
    const bool read_only =
        (rule.access & GL_FILE_READ) == 0 && (~rule.access & alters & ~GL_FILE_UNIX_BIND) == 0;
    if ((rule.access & GL_FILE_READ) == 0 && !read_only) {
      say(Code::GL614, "a refusal of something else than all access is left out");
      return;
    }
    for (const Place& place : places_of(rule.glob)) {
      const bool exact = place.kind == Place::Kind::path || place.kind == Place::Kind::tree;
      if (!exact || !can_write(place.text)) {
        say(Code::GL614, "a pattern can't be refused: folders and files alone can");
      } else {
        if (place.kind == Place::Kind::tree && !place.itself)
          say(Code::GL622, "the folder of a tree is refused with it");
        (read_only ? sum_.read_only : sum_.hidden).insert(place.text);
      }
    }
  }

  void add(const EndingRule& rule) { (void)rule; }
  void add(const MemoryRule& rule) { sum_.memory |= rule.access; }
  void add(const KernelRule& rule) { sum_.kernel |= rule.access; }
  void add(const ProcessRule& rule) {
    if (rule.deny) {
      say(Code::GL614, "signals and traces are not refused by peer");
    } else if ((rule.access & GL_TASK_TRACE) != 0) {
      sum_.traces = true;
    }
  }
  void add(const CapabilityRule& rule) {
    auto& to = rule.deny ? sum_.refused_capabilities : sum_.capabilities;
    to.insert("CAP_" + upper(word_of(capability_words(), rule.capability)));
  }
  void add(const SocketRule& rule) {
    for (const gl_socket kind : rule.sockets) {
      sum_.sockets |= 1u << kind;
      if (is_internet(kind)) sum_.inet = sum_.inet6 = true;
    }
  }

  void add(const NetRule& rule) {
    if (rule.deny) {
      say(Code::GL614, "refusals of addresses and ports are left out");
      return;
    }
    for (const gl_socket kind : rule.sockets) {
      sum_.sockets |= 1u << kind;
      for (const gl_net_op op : rule.ops) {
        if (op == GL_NET_BIND) bind(rule, kind);
      }
    }
    const bool reaches =
        std::ranges::any_of(rule.ops, [](gl_net_op op) { return op != GL_NET_BIND; });
    families_of(rule);
    if (!reaches) return;
    if (!rule.ports.empty()) say(Code::GL613, "ports that are connected to are not asked about");
    if (rule.addresses.empty()) sum_.connects_any = true;
    for (const Cidr& cidr : rule.addresses) (cidr.v6 ? sum_.v6 : sum_.v4).insert(to_text(cidr));
  }

  void families_of(const NetRule& rule) {
    for (const Cidr& cidr : rule.addresses) (cidr.v6 ? sum_.inet6 : sum_.inet) = true;
    if (rule.addresses.empty()) sum_.inet = sum_.inet6 = true;
  }

  void bind(const NetRule& rule, gl_socket kind) {
    sum_.accepts = true;
    if (!rule.addresses.empty()) say(Code::GL613, "the address that is bound is not asked");
    if (kind != GL_SOCKET_TCP && kind != GL_SOCKET_UDP) {
      sum_.other_binds = true;
      return;
    }
    const char* protocol = kind == GL_SOCKET_TCP ? "tcp" : "udp";
    if (rule.ports.empty()) sum_.binds.insert(protocol);
    for (const PortRange& range : rule.ports) {
      const bool every = range.first == 0 && range.last == 65535;
      // Port 0 lets the kernel choose, which it has no word for.
      if (range.last == 0) {
        say(Code::GL621, "a port that the kernel chooses is not granted by itself");
      } else if (every) {
        sum_.binds.insert(protocol);
      } else {
        const unsigned first = std::max<unsigned>(range.first, 1);
        sum_.binds.insert(first == range.last
                              ? fmt::format("{}:{}", protocol, first)
                              : fmt::format("{}:{}-{}", protocol, first, range.last));
      }
    }
  }

  void add(const SyscallRule& rule) {
    if (!rule.args.empty()) {
      say(rule.action == SyscallAction::allow ? Code::GL613 : Code::GL614,
          "arguments of system calls are not asked about");
      if (rule.action != SyscallAction::allow) return;
    }
    auto& to = rule.action == SyscallAction::allow  ? sum_.allowed
               : rule.action == SyscallAction::deny ? sum_.denied
                                                    : sum_.killed;
    if (rule.action == SyscallAction::allow) sum_.list = true;
    if (!rule.group.empty() && rule.action == SyscallAction::allow)
      say(Code::GL623, "a group is written as its calls: those of later kernels are not in it");
    to.insert(rule.calls.begin(), rule.calls.end());
  }

  [[nodiscard]] bool writes_below(std::string_view folder) const {
    return std::ranges::any_of(sum_.writable, [&](const std::string& path) {
      return is_below(path, folder) || is_below(folder, path);
    });
  }
  [[nodiscard]] bool names(std::string_view folder) const {
    return std::ranges::any_of(profile_.rules, [&](const Rule& rule) {
      const auto* path = std::get_if<PathRule>(&rule.body);
      if (path == nullptr || path->deny) return false;
      return std::ranges::any_of(places_of(path->glob), [&](const Place& place) {
        return is_below(place.base, folder) || is_below(folder, place.base);
      });
    });
  }

  void files() {
    // Of two words about one path the stricter one holds there.
    const bool all = sum_.writable.contains("/");
    if (!all) set("ProtectSystem", "strict");
    const bool homes = names("/home") || names("/root") || names("/run/user");
    const bool home_writes =
        writes_below("/home") || writes_below("/root") || writes_below("/run/user");
    if (!homes) {
      set("ProtectHome", "yes");
    } else if (!home_writes) {
      set("ProtectHome", "read-only");
    }
    if (!all) each("ReadWritePaths", sum_.writable);
    // What `strict` leaves alone.
    for (const char* folder : {"/proc", "/sys"}) {
      if (!writes_below(folder)) sum_.read_only.insert(folder);
    }
    each("ReadOnlyPaths", sum_.read_only);
    each("InaccessiblePaths", sum_.hidden);
    set("NoExecPaths", "/");
    each("ExecPaths", sum_.runnable);
    if (!writes_below("/proc/sys") && !writes_below("/sys")) set("ProtectKernelTunables", "yes");
    if (!writes_below("/sys/fs/cgroup")) set("ProtectControlGroups", "yes");
    say(Code::GL612, "what may be read is all but home folders and what is refused by name");
    say(Code::GL612, "devices, mounts, signals and metadata are not asked about");
  }

  void capabilities() {
    for (const std::string& word : sum_.refused_capabilities) sum_.capabilities.erase(word);
    set("CapabilityBoundingSet", joined(sum_.capabilities));
    if (!set_id_) set("NoNewPrivileges", "yes");
  }

  void sockets() {
    std::set<std::string> all;
    std::uint32_t internet = 0;
    for (unsigned kind = 0; kind < GL_SOCKET_COUNT; ++kind) {
      if (is_internet(kind)) internet |= (sum_.sockets & (1u << kind));
    }
    if (internet != 0 && sum_.inet) all.insert("AF_INET");
    if (internet != 0 && sum_.inet6) all.insert("AF_INET6");
    if (internet != 0) say(Code::GL611, "a family of sockets comes with all its protocols");
    for (const UnitFamily& family : unit_families) {
      std::uint32_t bits = 0;
      for (const gl_socket kind : family.kinds) bits |= kind != GL_SOCKET_NONE ? 1u << kind : 0u;
      if ((sum_.sockets & bits) == 0) continue;
      all.insert(std::string(family.name));
      if ((sum_.sockets & bits) != bits)
        say(Code::GL611, "a family of sockets comes with all its protocols");
    }
    set("RestrictAddressFamilies", all.empty() ? "none" : joined(all));
    if (all.contains("AF_UNIX"))
      say(Code::GL613, "names of Unix sockets are not told apart, but by who may write a path");
    addresses(internet != 0);
  }

  // Who is accepted is asked there, and not in Glacis: a server has no list.
  void addresses(bool internet) {
    if (!internet) return;
    const bool limited = !sum_.v4.empty() || !sum_.v6.empty();
    if (!sum_.accepts && !sum_.connects_any) {
      set("IPAddressDeny", "any");
      std::set<std::string> all = sum_.v4;
      all.insert(sum_.v6.begin(), sum_.v6.end());
      if (!all.empty()) set("IPAddressAllow", joined(all));
    } else if (limited) {
      say(Code::GL613, "addresses are not limited, since a server accepts from any");
    }
    if (sum_.other_binds) {
      say(Code::GL613, "ports of sctp, raw and other sockets are not asked about");
    }
    set("SocketBindDeny", "any");
    for (const std::string& rule : sum_.binds) set("SocketBindAllow", rule);
  }

  void kernel() {
    if ((sum_.memory & GL_MEMORY_ALL) == 0) {
      set("MemoryDenyWriteExecute", "yes");
    } else if ((sum_.memory & GL_MEMORY_ALL) != GL_MEMORY_ALL) {
      say(Code::GL611, "memory that is code is granted whole, or not at all");
    }
    if ((sum_.memory & GL_MEMORY_EXEC_HEAP) == 0) set("LockPersonality", "yes");
    if ((sum_.kernel & GL_KERNEL_USER_NAMESPACE) == 0) set("RestrictNamespaces", "~user");
    for (const Door& door : doors) {
      if ((sum_.kernel & door.bit) != 0) continue;
      for (std::string_view rest = door.calls; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        sum_.denied.insert(std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    if (!sum_.traces) sum_.denied.insert({"ptrace", "process_vm_readv", "process_vm_writev"});
  }

  void calls() {
    if (sum_.list) {
      set("SystemCallFilter", joined(sum_.allowed));
      if (!profile_.syscalls_compat) set("SystemCallArchitectures", "native");
    }
    // Of two lists of refusals the first decides how it ends.
    for (const std::string& call : sum_.killed) {
      sum_.denied.erase(call);
      set("SystemCallFilter", fmt::format("~{}:kill", call));
    }
    if (!sum_.denied.empty()) set("SystemCallFilter", "~" + joined(sum_.denied));
    set("SystemCallErrorNumber", "EPERM");
  }

  void whole() {
    if (profile_.mode != GL_MODE_ENFORCE)
      say(Code::GL622, "the mode is not kept: a unit's settings are always in force");
    if (profile_.on_violation == OnViolation::kill || profile_.kill_after != 0)
      say(Code::GL614, "a task that breaks the profile is refused, and not killed");
    if (!profile_.contact.owner.empty() || !profile_.benign.empty())
      say(Code::GL623, "contacts and known refusals are not kept");
  }

  const ResolvedProfile& profile_;
  Findings& findings_;
  diag::Span span_{};
  Sum sum_;
  bool set_id_ = false;
  std::string out_;
};

}  // namespace

std::string systemd(const ResolvedProfile& profile, Findings& findings) {
  return Unit(profile, findings).run();
}

}  // namespace glacis::exports
