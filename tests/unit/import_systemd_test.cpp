// SPDX-License-Identifier: Apache-2.0
// What a unit takes from its service, and what is said of the difference.
#include <gtest/gtest.h>

#include "lsm/abi/access.h"
#include "manager/import/systemd/import.h"
#include "tests/unit/built.h"
#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

using diag::Code;

const char* const groups =
    "@default\n    # always\n    brk\n    mmap\n@io\n    read\n    write\n@svc\n    @io\n    @svc\n"
    "    openat\n\n# not shown\n#   nothing\n";

Made import_unit(const std::string& body, const std::string& drop_in = {}) {
  Made out;
  out.files.add("/u/x.service", "[Unit]\nDescription=x\n\n[Service]\nExecStart=/bin/x\n" + body);
  if (!drop_in.empty()) out.files.add("/u/x.service.d/a.conf", drop_in);
  systemd::ImportOptions options;
  options.files = &out.files;
  options.groups = systemd::Groups::parse(groups);
  auto made = systemd::import_file("/u/x.service", options, out.diagnostics, out.sources);
  if (made) out.profiles.push_back(std::move(*made));
  return out;
}

class Asked {
 public:
  explicit Asked(const std::string& body, const std::string& drop_in = {})
      : made(import_unit(body, drop_in)) {
    profile = made.resolved();
    EXPECT_TRUE(profile) << made.said() << (made.profiles.empty() ? "" : made.profiles[0].text);
    if (!profile) std::abort();
    built.emplace(*profile);
  }
  [[nodiscard]] bool file(const char* path, std::uint32_t access) const {
    return built->decide(sim::FileRequest{path, access}).decision == GL_ALLOW;
  }
  [[nodiscard]] bool reads(const char* path) const { return file(path, GL_FILE_READ); }
  [[nodiscard]] bool writes(const char* path) const { return file(path, GL_FILE_WRITE); }
  [[nodiscard]] bool runs(const char* path) const { return file(path, GL_FILE_EXECUTE); }
  [[nodiscard]] bool can(gl_capability capability) const {
    return built->decide(sim::CapabilityRequest{capability}).decision == GL_ALLOW;
  }
  [[nodiscard]] bool net(gl_net_op op, gl_socket kind, std::uint32_t address,
                         std::uint16_t port) const {
    return built->decide(sim::NetRequest{op, kind, false, {address}, port}).decision == GL_ALLOW;
  }
  [[nodiscard]] bool connects(std::uint32_t address) const {
    return net(GL_NET_CONNECT, GL_SOCKET_TCP, address, 80);
  }
  [[nodiscard]] bool socket(gl_socket kind) const {
    return built->decide(sim::SocketRequest{kind}).decision == GL_ALLOW;
  }
  // "allow read", "deny unshare if ..."
  [[nodiscard]] bool call(profile::SyscallAction action, const std::string& name) const {
    for (const profile::Rule& rule : profile->rules) {
      const auto* body = std::get_if<profile::SyscallRule>(&rule.body);
      if (body != nullptr && body->action == action &&
          std::ranges::find(body->calls, name) != body->calls.end())
        return true;
    }
    return false;
  }

  Made made;
  std::optional<profile::ResolvedProfile> profile;
  std::optional<Built> built;
};

constexpr std::uint32_t ten = 0x0a000001, other = 0xc0000201, loop = 0x7f000001;

TEST(Systemd, NothingIsTaken) {
  const Asked unit("");
  EXPECT_TRUE(unit.reads("/etc/shadow") && unit.writes("/usr/bin/x") && unit.runs("/bin/sh"));
  EXPECT_TRUE(unit.can(GL_CAP_SYS_ADMIN) && unit.connects(ten) && unit.socket(GL_SOCKET_PACKET));
  EXPECT_EQ(unit.profile->attach.unit, std::vector<std::string>{"x.service"});
  EXPECT_FALSE(unit.made.diagnostics.warnings()) << unit.made.said();
}

TEST(Systemd, Trees) {
  const Asked strict(
      "ProtectSystem=strict\nReadWritePaths=-/var/lib/x\nStateDirectory=y\n"
      "ProtectHome=yes\nInaccessiblePaths=/etc/secret\nReadOnlyPaths=/var/lib/x/ro\n");
  EXPECT_TRUE(strict.reads("/etc/passwd") && strict.writes("/var/lib/x/f"));
  EXPECT_TRUE(strict.writes("/var/lib/y/f") && strict.writes("/dev/null"));
  EXPECT_FALSE(strict.writes("/etc/passwd") || strict.writes("/var/lib/z"));
  EXPECT_FALSE(strict.writes("/var/lib/x/ro/f") || !strict.reads("/var/lib/x/ro/f"));
  EXPECT_FALSE(strict.reads("/home/u/f") || strict.reads("/etc/secret/f"));
  EXPECT_FALSE(strict.file("/home/u/s", GL_FILE_UNIX_CONNECT));
  const Asked full("ProtectSystem=full\nReadWritePaths=/etc/foo /usr/a/b\n");
  EXPECT_TRUE(full.writes("/etc/foo") && full.writes("/etc/foo/x") && full.writes("/usr/a/b/c"));
  EXPECT_TRUE(full.writes("/var/x"));
  for (const char* path : {"/etc", "/etc/fo", "/etc/fop", "/etc/fooo", "/etc/f/oo", "/etc/x",
                           "/usr/a", "/usr/a/c", "/usr/ab", "/usr/a/bb", "/usr/b", "/boot/x"})
    EXPECT_FALSE(full.writes(path)) << path;
  const Asked bytes("ProtectSystem=full\nReadWritePaths=/etc/\xc3\xa9 /etc/a*\n");
  EXPECT_TRUE(bytes.made.has(Code::GL529) && !bytes.writes("/etc/x"));
  const std::string long_path = "/etc/" + std::string(60, 'a');
  const Asked longer("ProtectSystem=full\nReadWritePaths=" + long_path + "\n");
  EXPECT_TRUE(longer.made.has(Code::GL529) && !longer.writes(long_path.c_str()));
  const Asked deep("ProtectSystem=strict\nReadOnlyPaths=/var\nReadWritePaths=/var/x\n");
  EXPECT_TRUE(deep.writes("/var/x/f") && !deep.writes("/var/y"));
  const Asked runs("NoExecPaths=/\nExecPaths=/usr/lib /bin/x\n");
  EXPECT_TRUE(runs.runs("/bin/x") && runs.file("/usr/lib/l.so", GL_FILE_MAP_EXEC));
  EXPECT_FALSE(runs.runs("/tmp/x") || !runs.reads("/tmp/x"));
  const Asked noexec("NoExecPaths=/tmp /home\nExecPaths=/home/ok\n");
  EXPECT_TRUE(noexec.runs("/bin/sh") && noexec.runs("/home/ok/x"));
  EXPECT_FALSE(noexec.runs("/tmp/x") || noexec.runs("/home/x"));
}

TEST(Systemd, Devices) {
  for (const char* more : {"", "ProtectSystem=strict\n"}) {
    const Asked unit(std::string("PrivateDevices=yes\n") + more);
    EXPECT_TRUE(unit.reads("/dev/null") && unit.writes("/dev/null") && unit.writes("/dev/shm/a"));
    EXPECT_FALSE(unit.reads("/dev/sda") || unit.writes("/dev/sda") || unit.reads("/dev/nullx"));
    EXPECT_TRUE(unit.reads("/d") && unit.reads("/devx/y") && unit.reads("/etc/passwd"));
    EXPECT_FALSE(unit.can(GL_CAP_MKNOD) || unit.can(GL_CAP_SYS_RAWIO));
  }
}

TEST(Systemd, Capabilities) {
  const Asked some("CapabilityBoundingSet=CAP_KILL CAP_CHOWN\nCapabilityBoundingSet=CAP_SETUID\n");
  EXPECT_TRUE(some.can(GL_CAP_KILL) && some.can(GL_CAP_SETUID) && !some.can(GL_CAP_SYS_ADMIN));
  const Asked most("CapabilityBoundingSet=~CAP_SYS_ADMIN\n");
  EXPECT_TRUE(most.can(GL_CAP_KILL) && !most.can(GL_CAP_SYS_ADMIN));
  const Asked none("CapabilityBoundingSet=\n");
  EXPECT_FALSE(none.can(GL_CAP_KILL));
  EXPECT_FALSE(
      Asked("CapabilityBoundingSet=\nCapabilityBoundingSet=~CAP_KILL\n").can(GL_CAP_CHOWN));
  const Asked less("CapabilityBoundingSet=CAP_KILL CAP_CHOWN\nCapabilityBoundingSet=~CAP_KILL\n");
  EXPECT_TRUE(less.can(GL_CAP_CHOWN) && !less.can(GL_CAP_KILL));
  EXPECT_TRUE(Asked("CapabilityBoundingSet=\nCapabilityBoundingSet=~\n").can(GL_CAP_CHOWN));
  const Asked user("User=web\nNoNewPrivileges=yes\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n");
  EXPECT_TRUE(user.can(GL_CAP_NET_BIND_SERVICE) && !user.can(GL_CAP_KILL));
  EXPECT_FALSE(user.file("/usr/bin/sudo", GL_FILE_SET_ID));
  EXPECT_TRUE(Asked("User=web\n").can(GL_CAP_KILL));  // by a program that gives it
}

TEST(Systemd, Network) {
  const Asked families("RestrictAddressFamilies=AF_INET AF_UNIX\n");
  EXPECT_TRUE(families.connects(ten) && families.socket(GL_SOCKET_UNIX));
  EXPECT_FALSE(families.socket(GL_SOCKET_PACKET));
  const Asked without("RestrictAddressFamilies=~AF_PACKET\n");
  EXPECT_TRUE(without.connects(ten) && without.socket(GL_SOCKET_NETLINK_ROUTE));
  EXPECT_FALSE(without.socket(GL_SOCKET_PACKET));
  const Asked none("RestrictAddressFamilies=none\n");
  EXPECT_FALSE(none.connects(ten) || none.socket(GL_SOCKET_UNIX));
  const Asked back("RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=\n");
  EXPECT_TRUE(back.connects(ten));
  const Asked limited("IPAddressDeny=any\nIPAddressAllow=10.0.0.0/8 localhost\n");
  EXPECT_TRUE(limited.connects(ten) && limited.connects(loop) && !limited.connects(other));
  const Asked barred("IPAddressDeny=10.0.0.0/8\n");
  EXPECT_TRUE(barred.connects(other) && !barred.connects(ten));
  const Asked nowhere("IPAddressDeny=any\n");
  EXPECT_FALSE(nowhere.connects(ten));
  const Asked binds("SocketBindDeny=any\nSocketBindAllow=tcp:80\n");
  EXPECT_TRUE(binds.net(GL_NET_BIND, GL_SOCKET_TCP, 0, 80));
  EXPECT_FALSE(binds.net(GL_NET_BIND, GL_SOCKET_TCP, 0, 81) ||
               binds.net(GL_NET_BIND, GL_SOCKET_UDP, 0, 80));
  EXPECT_TRUE(binds.connects(ten));
  const Asked apart("PrivateNetwork=yes\n");
  EXPECT_TRUE(apart.connects(loop) && !apart.connects(ten));
  EXPECT_TRUE(apart.made.has(Code::GL530));
}

TEST(Systemd, Calls) {
  using enum profile::SyscallAction;
  const Asked list(
      "SystemCallFilter=@svc mount\nSystemCallFilter=~write\n"
      "SystemCallErrorNumber=EPERM\n");
  EXPECT_TRUE(list.call(allow, "read") && list.call(allow, "openat") && list.call(allow, "mount"));
  EXPECT_TRUE(list.call(allow, "mmap") && list.call(allow, "execve"));  // always
  EXPECT_FALSE(list.call(allow, "write") || list.call(allow, "swapon"));
  const Asked killed("SystemCallFilter=~@io ptrace:EPERM\n");
  EXPECT_TRUE(killed.call(kill, "read") && killed.call(deny, "ptrace"));
  EXPECT_FALSE(killed.call(allow, "mount"));
  const Asked unknown("SystemCallFilter=~@nothing\n");
  EXPECT_TRUE(unknown.made.has(Code::GL519)) << unknown.made.said();
  const Asked spaces("RestrictNamespaces=~user net\n");
  EXPECT_TRUE(spaces.call(deny, "unshare") && spaces.call(deny, "clone3"));
  EXPECT_NE(spaces.built->decide(sim::KernelRequest{GL_KERNEL_USER_NAMESPACE}).decision, GL_ALLOW);
  const Asked code("MemoryDenyWriteExecute=yes\n");
  EXPECT_NE(code.built->decide(sim::MemoryRequest{GL_MEMORY_WRITE_EXEC}).decision, GL_ALLOW);
  EXPECT_EQ(Asked("").built->decide(sim::MemoryRequest{GL_MEMORY_WRITE_EXEC}).decision, GL_ALLOW);
}

// What two settings refuse stays refused.
TEST(Systemd, RefusedTwice) {
  using enum profile::SyscallAction;
  for (const char* error : {"", "SystemCallErrorNumber=EPERM\n"}) {
    const Asked twice(std::string("SystemCallFilter=~clone3 personality\nLockPersonality=yes\n"
                                  "RestrictNamespaces=~user\n") +
                      error);
    const auto as = *error == '\0' ? kill : deny;
    EXPECT_TRUE(twice.call(as, "clone3") && twice.call(as, "personality"));
  }
}

TEST(Systemd, DropInsListsAndLines) {
  const Asked unit("ReadOnlyPaths=/a \\\n  # in between\n  \"/b c\"\nProtectHome=yes\n",
                   "[Service]\nReadOnlyPaths=\nReadOnlyPaths=/d%%e\nProtectHome=no\n");
  EXPECT_TRUE(unit.writes("/a/x") && unit.writes("/b c/x"));
  EXPECT_FALSE(unit.writes("/d%e/x"));
  EXPECT_TRUE(unit.reads("/home/u"));  // of what is no list the last line counts
}

TEST(Systemd, NothingIsLeftOutInSilence) {
  struct Case {
    const char* setting;
    Code code;
  };
  for (const Case& each : {Case{"PrivateTmp=yes", Code::GL530},
                           Case{"LimitNOFILE=10", Code::GL516},
                           Case{"ProtectProc=invisible", Code::GL530},
                           Case{"LockPersonality=yes", Code::GL531},
                           Case{"InaccessiblePaths=%h/x", Code::GL519},
                           Case{"ReadWritePaths=%h/x", Code::GL529},
                           Case{"TemporaryFileSystem=/x", Code::GL531},
                           Case{"SocketBindDeny=tcp:80", Code::GL519},
                           Case{"RestrictSUIDSGID=yes", Code::GL530},
                           Case{"DevicePolicy=closed", Code::GL530},
                           Case{"DeviceAllow=/dev/null rw", Code::GL530},
                           Case{"ProcSubset=pid", Code::GL530},
                           Case{"PrivateUsers=yes", Code::GL530},
                           Case{"PrivateIPC=yes", Code::GL530},
                           Case{"RootDirectory=/x", Code::GL530},
                           Case{"RestrictFileSystems=ext4", Code::GL530},
                           Case{"KeyringMode=private", Code::GL530},
                           Case{"UMask=0077", Code::GL530},
                           Case{"MemoryMax=1G", Code::GL530},
                           Case{"NetworkNamespacePath=/x", Code::GL530},
                           Case{"MountFlags=slave", Code::GL530},
                           Case{"ExtensionImages=/x", Code::GL530},
                           Case{"RestrictRealtime=yes", Code::GL531},
                           Case{"NoNewPrivileges=yes", Code::GL531}}) {
    const Made made = import_unit(std::string(each.setting) + "\n");
    ASSERT_EQ(made.profiles.size(), 1u) << each.setting << made.said();
    EXPECT_TRUE(made.has(each.code)) << each.setting << made.said();
    EXPECT_TRUE(made.profiles[0].good) << each.setting << made.said();
    EXPECT_EQ(made.profiles[0].tally.all(), 2u) << each.setting;
    EXPECT_EQ(made.profiles[0].tally.same, 1u) << each.setting;  // ExecStart=
  }
}

TEST(Systemd, Hostile) {
  const auto import_text = [](const std::string& text) {
    Made out;
    out.files.add("/u/x.service", text);
    systemd::ImportOptions options;
    options.files = &out.files;
    auto made = systemd::import_file("/u/x.service", options, out.diagnostics, out.sources);
    if (made) out.profiles.push_back(std::move(*made));
    return out;
  };
  std::string many = "[Service]\n";
  for (int i = 0; i < 20'000; ++i) many += "A=b\n";
  for (const std::string& text :
       {std::string(), std::string("x=y\n"), std::string("[Service]\nx\n"),
        std::string("[Service]\nUser=x\n"), many}) {
    const Made made = import_text(text);
    EXPECT_TRUE(made.diagnostics.failed() && made.profiles.empty()) << text.substr(0, 40);
  }
  EXPECT_TRUE(import_unit("ReadOnlyPaths=/" + std::string(100'000, 'a') + "\n").has(Code::GL519));
  for (const char* body :
       {"ReadOnlyPaths=/\nInaccessiblePaths=/\n", "ReadWritePaths=/\x01*{[\n",
        "IPAddressDeny=nonsense\n", "SocketBindAllow=::::\n", "SystemCallFilter=@@@ ~~ :\n",
        "RestrictNamespaces=~\n", "CapabilityBoundingSet=~ ~ x\n"}) {
    const Made made = import_unit(body);
    EXPECT_TRUE(made.diagnostics.failed() || made.profiles.at(0).good) << body << made.said();
  }
}

}  // namespace
}  // namespace glacis::import
