// SPDX-License-Identifier: Apache-2.0
// The language of apparmor.d(5), 2.x to 4.x, construct by construct: each is
// imported as it is, or with a finding that says what differs. None is a fault of
// the text, and none is left out in silence.
#include <gtest/gtest.h>

#include "tests/unit/import_fixture.h"

namespace glacis::import {
namespace {

using diag::Code;

enum class Means { same, differs, said };

struct Case {
  const char* text;
  Means means = Means::same;
  Code code = Code::GL501;
};

// How much of the one rule came through, and by which finding.
void look(const Case& each, const Made& made) {
  SCOPED_TRACE(std::string(each.text) + "\n" + made.said());
  ASSERT_FALSE(made.profiles.empty());
  for (const Imported& profile : made.profiles) EXPECT_TRUE(profile.good) << profile.text;
  EXPECT_FALSE(made.diagnostics.failed());
  if (each.means != Means::same) {
    EXPECT_TRUE(made.has(each.code));
  }
}

TEST(AppArmorLanguage, Rules) {
  using enum Means;
  for (const Case& each : {
           // Qualifiers.
           Case{"allow /a r,"},
           Case{"audit /a r,", said, Code::GL527},
           Case{"deny /a w,"},
           Case{"audit deny /a w,"},
           Case{"quiet deny /a w,", said, Code::GL527},
           Case{"prompt /a r,", differs, Code::GL515},
           Case{"owner /a r,"},
           Case{"deny owner /a r,", differs, Code::GL528},
           Case{"other /a r,", differs, Code::GL515},
           Case{"priority=10 /a r,", differs, Code::GL528},
           Case{"priority=-10 deny /a w,", differs, Code::GL528},
           // Quotes, escapes, patterns.
           Case{"\"/a b\" r,"},
           Case{"/a\\ b r,"},
           Case{"/a\\{b\\} r,"},
           Case{"/a\\052b r,"},
           Case{"/a\\x2ab r,"},
           Case{"/a? r,", differs, Code::GL511},
           Case{"/a[bc] r,", differs, Code::GL511},
           Case{"/a[^bc]{d,e{f,g}} r,", differs, Code::GL511},
           Case{"/a{,b}/c r,"},
           Case{"/a/ r,"},
           Case{"/a/* r,", differs, Code::GL511},
           Case{"/a/** r,"},
           Case{"/** r,"},
           Case{"/{,**} r,"},
           Case{"/a/**/ r,", differs, Code::GL529},
           // Files.
           Case{"file,"},
           Case{"file /a r,"},
           Case{"r /a,"},
           Case{"/a rwkm,"},
           Case{"/a ak,"},
           Case{"/a rl,", differs, Code::GL519},
           Case{"/a rl,", differs, Code::GL529},
           Case{"/a w,", differs, Code::GL529},
           Case{"link /a -> /b,", differs, Code::GL519},
           Case{"link subset /a -> /b,", differs, Code::GL519},
           Case{"owner link subset /a -> /b,", differs, Code::GL519},
           Case{"deny link /a -> /b,", differs, Code::GL528},
           Case{"link,"},
           // Execution.
           Case{"/b ix,"},
           Case{"/b px,", differs, Code::GL521},
           Case{"/b Px,", differs, Code::GL521},
           Case{"/b cx,", differs, Code::GL521},
           Case{"/b Cx,", differs, Code::GL521},
           Case{"/b ux,", differs, Code::GL521},
           Case{"/b Ux,", differs, Code::GL521},
           Case{"/b ux,", differs, Code::GL512},
           Case{"/b pix,"},
           Case{"/b Pix,"},
           Case{"/b cix,"},
           Case{"/b Cix,"},
           Case{"/b pux,", differs, Code::GL521},
           Case{"/b PUx,", differs, Code::GL521},
           Case{"/b PUx,", differs, Code::GL512},
           Case{"/b cux,", differs, Code::GL521},
           Case{"/b CUx,", differs, Code::GL521},
           Case{"/b px -> t,"},
           Case{"/b Px -> other,"},
           Case{"/b cx -> nobody,", differs, Code::GL521},
           Case{"/b pix -> other,"},
           Case{"/b Cux -> nobody,", differs, Code::GL521},
           Case{"/b px -> &other,", differs, Code::GL521},
           Case{"/b px -> a//&b,", differs, Code::GL521},
           Case{"/b px -> :ns:b,", differs, Code::GL521},
           Case{"unsafe /b px -> other,"},
           Case{"file safe /b px -> other,"},
           Case{"deny /b x,"},
           Case{"change_profile,", differs, Code::GL522},
           Case{"change_profile -> b,", differs, Code::GL522},
           Case{"change_profile unsafe /b -> b,", differs, Code::GL522},
           Case{"deny change_profile,"},
           // Capabilities.
           Case{"capability,"},
           Case{"capability chown kill,"},
           Case{"capability checkpoint_restore,"},
           Case{"deny capability sys_admin,"},
           // Networks.
           Case{"network,"},
           Case{"network inet,", differs, Code::GL517},
           Case{"network tcp,", differs, Code::GL529},
           Case{"network inet6 udp,", differs, Code::GL517},
           Case{"network inet icmp,", differs, Code::GL517},
           Case{"network netlink raw,", differs, Code::GL517},
           Case{"network packet packet,", differs, Code::GL517},
           Case{"network ax25,", differs, Code::GL524},
           Case{"deny network ax25,"},
           Case{"deny network inet,"},
           Case{"network (send, receive) inet,", differs, Code::GL517},
           Case{"network inet stream ip=127.0.0.1 port=80,", differs, Code::GL517},
           Case{"network (connect) inet stream peer=(ip=10.0.0.1 port=443),", differs, Code::GL517},
           Case{"network inet6 stream peer=(ip=::1 port=1-9),", differs, Code::GL517},
           Case{"network inet stream peer=(ip=none),", differs, Code::GL517},
           Case{"network bind inet stream port=80,", differs, Code::GL517},
           Case{"network send inet,", differs, Code::GL517},
           Case{"network ip=127.0.0.1 port=80 peer=(ip=10.0.0.1),", differs, Code::GL517},
           Case{"network inet interface=eth0,", differs, Code::GL517},
           Case{"deny network inet peer=(port=25),", differs, Code::GL528},
           Case{"deny network (connect) inet stream peer=(ip=10.0.0.1 port=25),"},
           Case{"deny network (bind) inet ip=127.0.0.1 port=80-90,"},
           Case{"deny network create inet,"},
           Case{"deny network (connect) inet stream ip=10.0.0.1 peer=(ip=10.0.0.2),", differs,
                Code::GL519},
           Case{"deny network (send) inet stream peer=(ip=10.0.0.1),", differs, Code::GL519},
           Case{"deny network (send) inet dgram peer=(ip=10.0.0.1),", differs, Code::GL528},
           Case{"deny network (listen, accept) inet,", differs, Code::GL519},
           Case{"deny network (receive) netlink,", differs, Code::GL528},
           Case{"network (create, bind, listen, accept, connect, send, receive, getattr, setattr, "
                "getopt, setopt, shutdown) netlink,"},
           Case{"network (create) netlink,", differs, Code::GL517},
           // Mounts.
           Case{"mount,"},
           Case{"mount /dev/a -> /m/,", differs, Code::GL515},
           Case{"mount fstype=ext4 options=(ro, nodev) /dev/a -> /m/,", differs, Code::GL515},
           Case{"mount fstype in (ext4, xfs) options in (ro, nodev) -> /m/,", differs, Code::GL515},
           Case{"mount options=(rw bind) /a/ -> /m/,", differs, Code::GL515},
           Case{"mount options=(rw rbind) \"/a b/\" -> /m/,", differs, Code::GL515},
           Case{"mount options=move /a/ -> /m/,", differs, Code::GL515},
           Case{"mount options=(rw make-slave) -> /m/,", differs, Code::GL515},
           Case{"deny mount fstype=ext4 -> /m/,", differs, Code::GL528},
           Case{"remount,"},
           Case{"remount options=ro /m/,", differs, Code::GL515},
           Case{"deny remount /m/,", differs, Code::GL528},
           Case{"umount,"},
           Case{"umount /m/,"},
           Case{"unmount fstype=ext4 /m/,", differs, Code::GL515},
           Case{"deny umount fstype=ext4 /m/,", differs, Code::GL528},
           Case{"pivot_root,"},
           Case{"pivot_root /n/,"},
           Case{"pivot_root oldroot=/o/ /n/,"},
           Case{"pivot_root oldroot=/o/ /n/ -> b,", differs, Code::GL522},
           // Other tasks.
           Case{"ptrace,"},
           Case{"ptrace (read, trace) peer=b,"},
           Case{"ptrace trace peer=unconfined,"},
           Case{"ptrace (readby, tracedby),"},
           Case{"ptrace read peer=b*,", differs, Code::GL523},
           Case{"deny ptrace tracedby,", differs, Code::GL513},
           Case{"signal,"},
           Case{"signal send set=(hup, term rtmin+3) peer=b,"},
           Case{"signal (send, receive) peer=@{profile_name},"},
           Case{"signal receive peer=unconfined,"},
           Case{"signal set=exists,"},
           Case{"signal send peer=(label=b),"},
           Case{"deny signal receive,", differs, Code::GL513},
           // Unix sockets.
           Case{"unix,"},
           Case{"unix (create, bind, listen, accept) addr=@a,"},
           Case{"unix connect peer=(addr=@a*),"},
           Case{"unix (connect, send) type=dgram peer=(addr=@a),", differs, Code::GL518},
           Case{"unix (connect) peer=(addr=\"@a\" label=b),", differs, Code::GL518},
           Case{"unix (send) peer=(label=b),", differs, Code::GL524},
           Case{"unix (getattr, getopt, setopt, shutdown) addr=none,"},
           Case{"unix (getopt) opt=x,", differs, Code::GL518},
           Case{"deny unix addr=@a,"},
           Case{"deny unix type=dgram peer=(addr=@a),", differs, Code::GL528},
           Case{"deny unix (getattr),", differs, Code::GL518},
           Case{"deny unix (receive) peer=(label=b),", differs, Code::GL518},
           // The rest.
           Case{"dbus,"},
           Case{"dbus (send, receive) bus=session,", differs, Code::GL514},
           Case{"dbus bind bus=system name=a.b,", differs, Code::GL514},
           Case{"dbus eavesdrop bus=system,", differs, Code::GL514},
           Case{"dbus send bus=system path=/a interface=a.b member={A,B} peer=(name=x, label=y),",
                differs, Code::GL514},
           Case{"deny dbus,", differs, Code::GL514},
           Case{"set rlimit nofile <= 1024,", differs, Code::GL516},
           Case{"set rlimit cpu <= 5 minutes,", differs, Code::GL516},
           Case{"set rlimit data <= 100M,", differs, Code::GL516},
           Case{"set rlimit nice <= -5,", differs, Code::GL516},
           Case{"set rlimit as <= infinity,", differs, Code::GL516},
           Case{"userns,"},
           Case{"userns create,"},
           Case{"deny userns create,"},
           Case{"io_uring,"},
           Case{"io_uring sqpoll,"},
           Case{"io_uring (override_creds, sqpoll) label=b,", differs, Code::GL515},
           Case{"deny io_uring,", differs, Code::GL519},
           Case{"mqueue,", differs, Code::GL529},
           Case{"mqueue (create, read, write, delete) type=posix /q,", differs, Code::GL529},
           Case{"mqueue r type=sysv 123,", differs, Code::GL529},
           Case{"deny mqueue,", differs, Code::GL519},
           Case{"all,", differs, Code::GL511},
           Case{"deny all,", differs, Code::GL519},
           // What a later version may add is said.
           Case{"signal send colour=red,", differs, Code::GL515},
           Case{"deny ptrace colour=red,", differs, Code::GL528},
       }) {
    Made made;
    import_text(made, "abi <abi/4.0>,\nprofile t /usr/bin/t {\n" + std::string(each.text) +
                          "\n}\nprofile other { /o r, }\n");
    look(each, made);
    if (made.profiles.empty()) continue;
    const Tally& tally = made.profiles[0].tally;
    EXPECT_EQ(tally.all(), 1u) << each.text;
    EXPECT_EQ(tally.same, each.means == differs ? 0u : 1u) << each.text << "\n" << made.said();
  }
}

TEST(AppArmorLanguage, AroundTheRules) {
  using enum Means;
  for (const Case& each : {
           Case{"abi <abi/3.0>,\n/t { }"},
           Case{"abi \"abi/4.0\",\nprofile t { }"},
           Case{"profile t { }", said, Code::GL526},
           Case{"#include <inc>\nprofile t { include <inc> }"},
           Case{"include if exists <none>\nprofile t { #include if exists \"none\"\n }"},
           Case{"include <folder.d>\nprofile t { }"},
           Case{"@{A}=/a /b\n@{A}+=\"/c d\"\n@{B}=@{A}/x{1,2}\nprofile t { @{B} r, @{B}/ r, }"},
           Case{"@{A} = /a \\\n  /b\nprofile t @{A}/t { @{A}{,/**} r, @{exec_path} r, }"},
           Case{"$A=true\n${B} = false\nif $A { @{C}=/c }\nprofile t { if $B { @{C} r, } else if "
                "defined $A { /d r, } else { /e r, } if not defined @{D} { /f r, } }"},
           Case{"alias /a/ -> /b/,\nprofile t { /a/x r, }"},
           Case{"profile t flags=(enforce) { }"},
           Case{"profile t flags=(complain) { }"},
           Case{"profile t (complain) { }"},
           Case{"profile t flags=(kill) { }"},
           Case{"profile t flags=(unconfined) { userns, }"},
           Case{"profile t flags=(default_allow) { deny /a w, }"},
           Case{"profile t flags=(prompt) { }", said, Code::GL528},
           Case{"profile t flags=(audit) { }", said, Code::GL527},
           Case{"profile t flags=(attach_disconnected, mediate_deleted) { }", said, Code::GL525},
           Case{"profile t flags=(attach_disconnected.path=/x) { }", said, Code::GL525},
           Case{"profile t flags=(error=EPERM kill.signal=term) { }", said, Code::GL525},
           Case{"profile t flags=(chroot_relative interruptible debug) { }", said, Code::GL525},
           Case{"profile t /t xattrs=(user.a=\"b*\" security.apparmor=c) flags=(complain) { }",
                said, Code::GL515},
           Case{"\"/a b/t\" { }"},
           Case{"/usr/{bin,sbin}/t* { }"},
           Case{"profile \"a b\" \"/a b\" { }"},
           Case{"profile :ns:t /t { }"},
           Case{"profile t { profile c /c { /c r, } /c cx, }"},
           Case{"profile t { /c Cx -> c, profile c { /c mr, } }"},
           Case{"profile t { ^h { /h r, } change_profile -> t//h, }", said, Code::GL522},
           Case{"profile t { hat h flags=(complain) { /h r, } }", said, Code::GL522},
           Case{"profile t { deny { /a w, owner { /b w, } } audit { /c r, } }"},
           Case{"profile t//c { /c r, }"},
           Case{"# a comment\nprofile t { # another\n /a r, # and here, at the end\n}"},
       }) {
    Made made;
    made.files.add("/aa/inc", "# nothing\n");
    made.files.add("/aa/folder.d/one", "@{X}=/x\n");
    const std::string text = each.text;
    const bool with_abi = text.starts_with("abi") || each.code == Code::GL526;
    import_text(made, with_abi ? text : "abi <abi/3.0>,\n" + text);
    look(each, made);
  }
}

// The own end is bound, the peer's is connected to.
TEST(AppArmorLanguage, Addresses) {
  const auto text = [](const std::string& body) { return import_body(body).profiles.at(0).text; };
  const auto has = [&](const std::string& body, const std::string& words) {
    const std::string all = text(body);
    return all.find(words) != std::string::npos;
  };
  const std::string to = "network (connect) inet stream peer=(ip=10.0.0.1 port=443),";
  EXPECT_TRUE(has(to, "op = [\"connect\"]\nto = [\"10.0.0.1\"]\ntcp = \"443\"")) << text(to);
  EXPECT_FALSE(has(to, "bind")) << text(to);
  EXPECT_FALSE(has(to, "mptcp")) << text(to);
  const std::string at = "network inet stream ip=127.0.0.1 port=80-89,";
  EXPECT_TRUE(has(at, "op = [\"bind\"]\nto = [\"127.0.0.1\"]\ntcp = \"80-89\"")) << text(at);
  EXPECT_FALSE(has(at, "connect\"")) << text(at);
  // A whole refusal goes before, and an address of the other family is nothing.
  EXPECT_FALSE(has(to + " deny network inet,", "tcp"));
  EXPECT_FALSE(has("network (connect) inet6 stream peer=(ip=10.0.0.1),", "tcp"));
  EXPECT_FALSE(has("network (connect) inet stream peer=(ip=none),", "tcp"));
  EXPECT_TRUE(import_body("network (connect) inet stream peer=(ip=none),").has(Code::GL524));
  for (const char* wrong :
       {"network inet ip=10.0.0.0/8,", "network inet ip=loopback,", "network inet port=70000,",
        "network inet port=9-1,", "network unix port=1,", "network (conect) inet,"})
    EXPECT_TRUE(import_body(wrong).diagnostics.failed()) << wrong;
}

// What is refused stays refused.
TEST(AppArmorLanguage, DefaultsAndRefusals) {
  Made open;
  import_text(open, "profile t flags=(default_allow) { deny /a/** w, }");
  EXPECT_EQ(granted(open, "/a/x") & (GL_FILE_READ | GL_FILE_WRITE), GL_FILE_READ);
  EXPECT_NE(granted(open, "/b") & GL_FILE_WRITE, 0u);
  const auto words = [](const std::string& body) { return import_body(body).profiles.at(0).text; };
  const std::string none = words("/a rw, capability kill, network inet, unix, deny all,");
  EXPECT_EQ(none.find("tcp"), std::string::npos) << none;
  EXPECT_EQ(none.find("\"/a\""), std::string::npos) << none;
  Made spaces;
  import_text(spaces, "abi <abi/4.0>,\nprofile t { userns, deny userns, }");
  EXPECT_EQ(spaces.profiles.at(0).text.find("user_namespace"), std::string::npos);
  EXPECT_TRUE(import_body("ptrace (reed),").diagnostics.failed());
  EXPECT_TRUE(import_body("unix (conect),").diagnostics.failed());
}

}  // namespace
}  // namespace glacis::import
