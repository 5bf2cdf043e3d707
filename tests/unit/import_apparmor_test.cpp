// SPDX-License-Identifier: Apache-2.0
// What profiles of AppArmor's mean as ours, and what is said of the difference.
#include <gtest/gtest.h>

#include <map>

#include "lsm/abi/access.h"
#include "manager/sim/event.h"
#include "tests/unit/built.h"
#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

using diag::Code;

// What AppArmor has no word for, and what comes with other words.
constexpr std::uint32_t unasked = GL_FILE_ATTRIBUTES | GL_FILE_IOCTL | GL_FILE_CHROOT |
                                  GL_FILE_SET_ID | GL_FILE_INTERPRET | GL_FILE_MARKS;

std::uint32_t asked(const Made& made, const std::string& path,
                    profile::Owner owner = profile::Owner::any) {
  return granted(made, path, owner) & ~unasked;
}

constexpr std::uint32_t write_bits = GL_FILE_WRITE | GL_FILE_APPEND | GL_FILE_TRUNCATE |
                                     GL_FILE_CREATE | GL_FILE_UNLINK | GL_FILE_SYMLINK |
                                     GL_FILE_MKNOD | GL_FILE_CHMOD | GL_FILE_CHOWN;

TEST(AppArmor, Permissions) {
  const Made made = import_body(
      "/r r, /w w, /rw rw, /a a, /k rk, /m mr, /ix ix, owner /o rw, /d/ w, /d/** r, deny /d/x r, "
      "network unix,");
  ASSERT_EQ(made.profiles.size(), 1u) << made.said();
  EXPECT_TRUE(made.profiles[0].good) << made.said() << made.profiles.at(0).text;
  EXPECT_EQ(asked(made, "/r"), GL_FILE_READ);
  EXPECT_EQ(asked(made, "/w"), write_bits | GL_FILE_UNIX);
  EXPECT_EQ(asked(made, "/rw"), GL_FILE_READ | write_bits | GL_FILE_RENAME | GL_FILE_UNIX);
  // Where no Unix socket is granted, what may be written is none.
  EXPECT_EQ(asked(import_body("/w w,"), "/w"), write_bits);
  EXPECT_EQ(asked(import_body("/w w, unix,"), "/w"), write_bits | GL_FILE_UNIX);
  EXPECT_EQ(asked(made, "/a"), GL_FILE_APPEND);
  EXPECT_EQ(asked(made, "/k"), GL_FILE_READ | GL_FILE_LOCK);
  EXPECT_EQ(asked(made, "/m"), GL_FILE_READ | GL_FILE_MAP_EXEC);
  EXPECT_EQ(asked(made, "/ix"), GL_FILE_EXECUTE | GL_FILE_MAP_EXEC);
  EXPECT_EQ(asked(made, "/o"), GL_FILE_UNIX);
  EXPECT_EQ(asked(made, "/o", profile::Owner::self) & GL_FILE_READ, GL_FILE_READ);
  EXPECT_EQ(asked(made, "/d"), GL_FILE_MKDIR | GL_FILE_RMDIR | GL_FILE_CHMOD | GL_FILE_CHOWN);
  EXPECT_EQ(asked(made, "/d/y"), GL_FILE_READ);
  EXPECT_EQ(asked(made, "/d/x"), 0u);
  EXPECT_EQ(asked(made, "/other"), 0u);
  // Entered by its program, which it may start again.
  EXPECT_EQ(asked(made, "/usr/bin/t"), GL_FILE_EXECUTE | GL_FILE_MAP_EXEC | GL_FILE_READ);
  EXPECT_TRUE(made.has(Code::GL512));
}

bool allows(const Made& made, const std::string& event) {
  const auto profile = made.resolved();
  const auto request = sim::parse_event(event);
  EXPECT_TRUE(profile && request) << event << made.said();
  return profile && request && Built(*profile).decide(*request).decision == GL_ALLOW;
}

TEST(AppArmor, UnixPeersByProfile) {
  const Made made = import_body(
      "unix (connect, send) peer=(label=b), unix connect peer=(label=unconfined), "
      "deny unix (connect) peer=(label=c), unix (connect) peer=(label=c),");
  EXPECT_NE(made.profiles.at(0).text.find("[[net]]\nop = \"connect\"\npeer = \"b\""),
            std::string::npos)
      << made.profiles.at(0).text;
  EXPECT_TRUE(allows(made, "task connect b"));
  EXPECT_TRUE(allows(made, "task connect unconfined"));
  EXPECT_FALSE(allows(made, "task connect c"));
  EXPECT_FALSE(allows(made, "task connect d"));
}

TEST(AppArmor, TheRootIsNoPathBelowIt) {
  for (const char* body : {"/** r,", "/**/ r,", "/*/ w,", "/** rw, /**/ rw,"}) {
    const Made made = import_body(body);
    EXPECT_TRUE(!allows(made, "file read /")) << body;
    EXPECT_TRUE(!allows(made, "file mkdir /")) << body;
  }
  EXPECT_TRUE(allows(import_body("/** r, /**/ r,"), "file read /a/b"));
  EXPECT_TRUE(allows(import_body("/*/ w,"), "file mkdir /a"));
  for (const char* body : {"/ r, /** r, /**/ r,", "/{,**} r,", "/{**,} r,", "file,"})
    EXPECT_TRUE(allows(import_body(body), "file read /")) << body;
  // Within braces it is not told apart, and said.
  const Made within = import_body("/{a,**}/ r,");
  EXPECT_TRUE(!allows(within, "file read /") || within.has(Code::GL511));
}

TEST(AppArmor, ItsOwnProgramMayBeRead) {
  const Made silent = import_body("/usr/bin/t mix,");
  EXPECT_TRUE(silent.has(Code::GL512));
  EXPECT_TRUE(allows(silent, "file read /usr/bin/t"));
  EXPECT_FALSE(import_body("/usr/bin/t mrix,").has(Code::GL512));
}

TEST(AppArmor, SlashesThatMeetInBracesMatchNothing) {
  const Made made = import_body("/{var/spool,}/defer/* r, /a//b r,");
  EXPECT_TRUE(allows(made, "file read /var/spool/defer/x"));
  EXPECT_FALSE(allows(made, "file read /defer/x"));
  EXPECT_TRUE(allows(made, "file read /a/b"));
  const Made two = import_body("//b r, ///c r,");
  EXPECT_FALSE(allows(two, "file read /b"));
  EXPECT_TRUE(allows(two, "file read /c"));
  Made values;
  import_text(values,
              "@{P}=/proc/\n@{H}=/home/ /root/\nabi <abi/3.0>,\n"
              "profile t /usr/bin/t { /@{P}/x r, /@{H}/y r, @{P}/z r, }\n");
  EXPECT_FALSE(allows(values, "file read /proc/x"));
  EXPECT_TRUE(allows(values, "file read /root/y"));
  EXPECT_TRUE(allows(values, "file read /proc/z"));
}

TEST(AppArmor, SomeOfTheProgramsHaveNoProfile) {
  const auto with = [](const std::string& attachment) {
    Made out;
    import_text(out, "abi <abi/3.0>,\nprofile a /usr/bin/a { /usr/{bin,sbin}/b px, }\nprofile b " +
                         attachment + " { /x r, }\n");
    return out.has(Code::GL521);
  };
  EXPECT_TRUE(with("/usr/sbin/b"));
  EXPECT_FALSE(with("/usr/{bin,sbin}/b"));
  EXPECT_FALSE(with("/usr/*bin/b"));
}

TEST(AppArmor, SctpHasTwoTypes) {
  const Made streams = import_body("network inet stream, network inet6 stream, ");
  EXPECT_TRUE(streams.has(Code::GL529));
  EXPECT_TRUE(!allows(streams, "socket sctp") && allows(streams, "socket tcp"));
  const Made packets = import_body("network inet seqpacket, network inet6 seqpacket,");
  EXPECT_TRUE(packets.has(Code::GL517));
  EXPECT_TRUE(allows(packets, "socket sctp") && !allows(packets, "socket tcp"));
  const Made both = import_body(
      "network inet stream, network inet seqpacket, network inet6 stream, "
      "network inet6 seqpacket,");
  EXPECT_FALSE(both.has(Code::GL517) || both.has(Code::GL529));
  EXPECT_TRUE(allows(both, "socket sctp") && allows(both, "socket tcp"));
}

TEST(AppArmor, FilesAreNotDirectories) {
  const Made made = import_body("/f/* rw, /g/*/ r, /h/** r, /i/*/ rw,");
  EXPECT_TRUE(made.has(Code::GL511)) << made.said();
  EXPECT_EQ(asked(made, "/f/x") & (GL_FILE_MKDIR | GL_FILE_RMDIR), 0u);
  EXPECT_EQ(asked(made, "/g/x"), 0u);
  EXPECT_TRUE(made.has(Code::GL529));
  EXPECT_EQ(asked(made, "/h/x/y"), GL_FILE_READ);
  EXPECT_EQ(asked(made, "/i/x"), GL_FILE_MKDIR | GL_FILE_RMDIR);
}

TEST(AppArmor, RefusalsWinAndDeadGrantsGo) {
  const Made made =
      import_body("/a/** rw, deny /a/b/** w, /a/b/c w, capability kill, deny capability kill,");
  ASSERT_TRUE(made.profiles.at(0).good) << made.said() << made.profiles.at(0).text;
  EXPECT_EQ(asked(made, "/a/b/c"), GL_FILE_READ);
  EXPECT_EQ(made.profiles.at(0).text.find("allow = [\"kill\"]"), std::string::npos);
}

TEST(AppArmor, ExecutionLeadsToProfiles) {
  Made made;
  import_text(made,
              "profile a /bin/a {\n /bin/b Px,\n /bin/n Px,\n /bin/c px -> c,\n /bin/u Ux,\n"
              " /bin/k Cx -> kid,\n /bin/f Pix,\n profile kid { /kid r, }\n}\n"
              "profile b /bin/b { /b r, }\nprofile c { /c r, }\n");
  ASSERT_EQ(made.profiles.size(), 4u) << made.said();
  const auto profile = made.resolved();
  ASSERT_TRUE(profile) << made.profiles.at(0).text;
  std::map<std::string, profile::Transition> moves;
  for (const profile::Rule& rule : profile->rules) {
    const auto* path = std::get_if<profile::PathRule>(&rule.body);
    if (path != nullptr && path->transition) moves[path->glob] = *path->transition;
  }
  EXPECT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves["/bin/b"], (profile::Transition{"b", true, false}));
  EXPECT_EQ(moves["/bin/c"], (profile::Transition{"c", false, false}));
  EXPECT_EQ(moves["/bin/k"], (profile::Transition{"a.kid", true, false}));
  EXPECT_EQ(asked(made, "/bin/u"), GL_FILE_EXECUTE | GL_FILE_MAP_EXEC);
  EXPECT_EQ(asked(made, "/bin/f"), GL_FILE_EXECUTE | GL_FILE_MAP_EXEC);
  EXPECT_EQ(asked(made, "/bin/n"), 0u);
  EXPECT_TRUE(made.has(Code::GL521));
  // What is entered by its parent alone grants that program.
  EXPECT_NE(made.profiles[1].text.find("/bin/k"), std::string::npos) << made.profiles[1].text;
}

TEST(AppArmor, VariablesAliasesAndSlashes) {
  Made made;
  import_text(made,
              "@{H}=/home/*/ /root/\n@{D}=@{H}/.d\nalias /x/ -> /y/,\n"
              "profile t { @{H}/.rc r, @{D}/f r, /x/z r, @{profile_name} r, }\n");
  EXPECT_TRUE(made.profiles.empty());  // @{profile_name} is no path
  Made good;
  import_text(good,
              "@{H}=/home/*/ /root/\n@{D}=@{H}/.d\nalias /x/ -> /y/,\n"
              "profile t { @{H}/.rc r, @{D}/f r, /x/z r, }\n");
  for (const char* path : {"/home/u/.rc", "/root/.rc", "/root/.d/f", "/x/z", "/y/z"}) {
    EXPECT_EQ(asked(good, path), GL_FILE_READ) << path << good.said();
  }
  Made loop;
  import_text(loop, "@{A}=@{B}\n@{B}=@{A}\nprofile t { @{A}/x r, }\n");
  EXPECT_TRUE(loop.has(Code::GL210)) << loop.said();
  Made unknown;
  import_text(unknown, "profile t { @{A}/x r, }\n");
  EXPECT_TRUE(unknown.has(Code::GL209));
}

TEST(AppArmor, Sockets) {
  const Made made = import_body(
      "network inet stream, network inet6 stream, network inet dgram, network netlink raw, "
      "unix (connect) type=stream peer=(addr=\"@/tmp/.X11-unix/X[0-9]*\"), deny network packet,");
  const auto profile = made.resolved();
  ASSERT_TRUE(profile) << made.said() << made.profiles.at(0).text;
  bool tcp = false, udp4 = false, packet = false, x11 = false;
  for (const profile::Rule& rule : profile->rules) {
    if (const auto* net = std::get_if<profile::NetRule>(&rule.body)) {
      for (const gl_socket kind : net->sockets) {
        tcp = tcp || (kind == GL_SOCKET_TCP && net->addresses.empty());
        udp4 = udp4 || (kind == GL_SOCKET_UDP && net->addresses.size() == 1);
      }
    }
    if (const auto* socket = std::get_if<profile::SocketRule>(&rule.body))
      packet = packet || socket->sockets[0] == GL_SOCKET_PACKET;
    if (const auto* path = std::get_if<profile::PathRule>(&rule.body))
      x11 = x11 || (path->glob == "@/tmp/.X11-unix/X[0-9]*" &&
                    path->access == (GL_FILE_UNIX_CONNECT | GL_FILE_UNIX_SEND));
  }
  EXPECT_TRUE(tcp && udp4 && x11 && !packet) << made.profiles.at(0).text;
  EXPECT_TRUE(made.has(Code::GL517));
  EXPECT_TRUE(made.has(Code::GL518));
}

// A kind of socket is one here: what a refusal by type leaves granted is said.
TEST(AppArmor, UnixSocketsByType) {
  struct Case {
    const char* body;
    bool granted, looser;
  };
  for (const Case& each :
       {Case{"network unix, deny network unix stream,", true, true},
        Case{"network unix, deny network unix dgram,", true, true},
        Case{"unix, deny network unix seqpacket,", true, true},
        Case{"/run/s rw, deny network unix stream,", false, false},
        Case{"network unix stream, deny network unix dgram,", true, true},
        Case{"network unix stream,", true, true}, Case{"network unix,", true, false},
        // All that is granted is refused, or nothing was.
        Case{"network unix stream, deny network unix stream,", false, false},
        Case{"deny network unix stream,", false, false},
        Case{"network unix, deny network unix stream, deny network unix dgram, "
             "deny network unix seqpacket,",
             false, false},
        Case{"/run/s rw, unix, deny network unix,", false, false}}) {
    const Made made = import_body(each.body);
    ASSERT_TRUE(made.profiles.at(0).good) << made.said();
    EXPECT_EQ(made.has(Code::GL518), each.looser) << each.body << "\n" << made.said();
    bool granted = false;
    const auto profile = made.resolved();
    for (const profile::Rule& rule : profile->rules) {
      const auto* body = std::get_if<profile::SocketRule>(&rule.body);
      granted = granted || (body != nullptr && body->sockets[0] == GL_SOCKET_UNIX);
    }
    EXPECT_EQ(granted, each.granted) << each.body;
  }
}

// Who acts is asked alone here. That is looser only where somebody may do more.
TEST(AppArmor, TheOtherSide) {
  struct Case {
    const char* body;
    bool looser;
  };
  for (const Case& each :
       {Case{"/x r,", true}, Case{"signal (receive), ptrace (readby, tracedby),", false},
        Case{"signal (receive) peer=unconfined,", false},
        Case{"signal (receive) peer=unconfined set=(term),", true},
        Case{"signal (receive) peer=other,", true},
        Case{"signal (receive) peer=unconfined, signal (send),", true},
        Case{"signal (receive) peer=unconfined, signal peer=@{profile_name},", false},
        Case{"signal (receive) peer=unconfined, ptrace (read),", true},
        Case{"signal (receive) peer=unconfined, signal (send) set=(exists),", false},
        Case{"signal (receive), ptrace (tracedby), deny ptrace (readby),", true}}) {
    EXPECT_EQ(import_body(each.body).has(Code::GL513), each.looser) << each.body;
  }
  const std::string quiet = "profile a /a { signal (receive) peer=unconfined, }\n";
  Made alone, reached, tracing, passive;
  import_text(alone, "abi <abi/3.0>,\n" + quiet);
  import_text(reached, quiet + "profile b { signal (receive), signal (send) peer=a, }\n");
  import_text(tracing,
              quiet + "profile b { signal (receive), ptrace (trace), ptrace (tracedby), }\n");
  import_text(passive,
              quiet + "profile b { signal (receive), signal (send) peer=(unconfined c), }\n");
  EXPECT_FALSE(alone.has(Code::GL513));
  EXPECT_TRUE(reached.has(Code::GL513) && tracing.has(Code::GL513));
  EXPECT_FALSE(passive.has(Code::GL513)) << passive.said();
}

TEST(AppArmor, OtherTasks) {
  const Made made = import_body(
      "signal (send) set=(term exists) peer=unconfined, ptrace (read) peer=@{profile_name}, "
      "signal (receive), ptrace (readby), signal (send) set=(kill) peer=/usr/bin/other,");
  const auto profile = made.resolved();
  ASSERT_TRUE(profile);
  std::map<std::string, profile::ProcessRule> peers;
  for (const profile::Rule& rule : profile->rules) {
    if (const auto* process = std::get_if<profile::ProcessRule>(&rule.body))
      peers[process->peer] = *process;
  }
  EXPECT_EQ(peers["unconfined"].signals, std::uint64_t{1} << 14);
  EXPECT_EQ(peers["self"].access, GL_TASK_INSPECT);
  EXPECT_EQ(peers["usr.bin.other"].signals, std::uint64_t{1} << 8);
  // Its first real-time signal is the kernel's, and not the library's.
  const Made later = import_body("signal (send) set=(rtmin+0) peer=unconfined,");
  const auto rules = later.resolved()->rules;
  const auto is_process = [](const profile::Rule& rule) {
    const auto* body = std::get_if<profile::ProcessRule>(&rule.body);
    return body != nullptr && body->signals == std::uint64_t{1} << 31;
  };
  EXPECT_TRUE(std::ranges::any_of(rules, is_process));
  EXPECT_TRUE(import_body("signal set=(rtmin+33),").diagnostics.failed());
}

TEST(AppArmor, NothingIsLeftOutInSilence) {
  struct Case {
    const char* rule;
    Code code;
  };
  for (const Case& each :
       {Case{"mount fstype=proc -> /proc/,", Code::GL515},
        Case{"dbus send bus=system,", Code::GL514}, Case{"set rlimit nofile <= 10,", Code::GL516},
        Case{"change_profile -> x,", Code::GL522}, Case{"network ax25,", Code::GL524},
        Case{"/x rl,", Code::GL529}, Case{"deny owner /x r,", Code::GL528},
        Case{"audit /x r,", Code::GL527}, Case{"deny dbus,", Code::GL514},
        Case{"deny unix peer=(label=x),", Code::GL518}, Case{"/x w,", Code::GL529},
        Case{"pivot_root /x/ -> p,", Code::GL522}, Case{"mqueue type=posix /q,", Code::GL529},
        Case{"signal peer=foo*,", Code::GL523}, Case{"priority=1 /x r,", Code::GL528}}) {
    const Made made = import_body(each.rule);
    ASSERT_EQ(made.profiles.size(), 1u) << each.rule << made.said();
    EXPECT_TRUE(made.has(each.code)) << each.rule << "\n" << made.said();
    EXPECT_TRUE(made.profiles[0].good) << made.said();
    const Tally& tally = made.profiles[0].tally;
    EXPECT_EQ(tally.all(), 1u) << each.rule;
    EXPECT_EQ(tally.same, each.code == Code::GL527 ? 1u : 0u) << each.rule;
  }
}

TEST(AppArmor, FlagsAndModes) {
  for (const auto& [flag, mode] :
       std::vector<std::pair<std::string, gl_mode>>{{"complain", GL_MODE_AUDIT},
                                                    {"unconfined", GL_MODE_OBSERVE},
                                                    {"enforce", GL_MODE_ENFORCE},
                                                    {"kill", GL_MODE_ENFORCE}}) {
    Made made;
    import_text(made, "profile t /t flags=(" + flag + ",mediate_deleted) { /a r, }\n");
    const auto profile = made.resolved();
    ASSERT_TRUE(profile) << made.said();
    EXPECT_EQ(profile->mode, mode) << flag;
    EXPECT_EQ(profile->on_violation == profile::OnViolation::kill, flag == "kill");
    EXPECT_TRUE(made.has(Code::GL525) && made.has(Code::GL526));
  }
}

TEST(AppArmor, EverythingCompiles) {
  const Made made =
      import_body("all, file, capability, network, mount, umount, remount, unix, signal, ptrace,");
  ASSERT_EQ(made.profiles.size(), 1u) << made.said();
  EXPECT_TRUE(made.profiles[0].good) << made.said();
  EXPECT_EQ(asked(made, "/any/path") & (GL_FILE_READ | GL_FILE_WRITE | GL_FILE_EXECUTE),
            static_cast<std::uint32_t>(GL_FILE_READ | GL_FILE_WRITE | GL_FILE_EXECUTE));
}

// A rename would take it to where it can be read.
TEST(AppArmor, WhatIsNotReadIsNotRenamed) {
  const Made made = import_body("/a/** rw, deny /a/x r,");
  EXPECT_EQ(asked(made, "/a/x") & (GL_FILE_READ | GL_FILE_RENAME), 0u);
  EXPECT_NE(asked(made, "/a/y") & GL_FILE_RENAME, 0u);
  EXPECT_TRUE(made.has(Code::GL528));
}

// Diagnostics name a few places; a profile keeps all of them, and those of no other.
TEST(AppArmor, FindingsOfAProfile) {
  Made made;
  import_text(made,
              "abi <abi/3.0>,\nprofile a {\n/a l,\n/b l,\n/c l,\n/d l,\n/e l,\n}\n"
              "profile b {\n/a r,\n}\n");
  ASSERT_EQ(made.profiles.size(), 2u) << made.said();
  const auto places = [&](std::size_t which) {
    std::size_t out = 0;
    for (const auto& [what, at] : made.profiles[which].findings.all())
      out += what.first == Code::GL529 ? at.size() : 0;
    return out;
  };
  EXPECT_EQ(places(0), 5u);
  EXPECT_EQ(places(1), 0u);
}

// Bytes that are no policy end in an error; nothing runs away.
TEST(AppArmor, HostileBytes) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  for (const std::string& text :
       {every, "/x { " + every + " r,\n}", "/x { \"" + every, std::string(70'000, '{'),
        "/x { /" + std::string(100'000, 'a') + " r, }", std::string("@{") + std::string(9, '\0')}) {
    Made made;
    import_text(made, text);
    EXPECT_TRUE(made.diagnostics.failed());
    EXPECT_TRUE(made.profiles.empty());
  }
  std::string bomb = "@{A}=/a /b\n";
  for (int i = 0; i < 30; ++i) {
    const std::string name(1, static_cast<char>('A' + i % 26)),
        next(1, static_cast<char>('A' + (i + 1) % 26));
    if (i < 25) bomb += "@{" + next + "}=@{" + name + "}@{" + name + "}\n";
  }
  Made made;
  import_text(made, bomb + "/x { @{Z} r, }\n");
  EXPECT_TRUE(made.diagnostics.failed()) << made.profiles.size();
}

}  // namespace
}  // namespace glacis::import
