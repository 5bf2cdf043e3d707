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

struct LanguageCase {
  const char* text;
  Means means = Means::same;
  Code code = Code::GL501;
};

// How much of the one rule came through, and by which finding.
void look(const LanguageCase& each, const Made& made) {
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
  for (const LanguageCase& each : {
           // Qualifiers.
           LanguageCase{"allow /a r,"},
           LanguageCase{"audit /a r,", said, Code::GL527},
           LanguageCase{"deny /a w,"},
           LanguageCase{"audit deny /a w,"},
           LanguageCase{"quiet deny /a w,", said, Code::GL527},
           LanguageCase{"prompt /a r,", differs, Code::GL515},
           LanguageCase{"owner /a r,"},
           LanguageCase{"deny owner /a r,", differs, Code::GL528},
           LanguageCase{"other /a r,", differs, Code::GL515},
           LanguageCase{"priority=10 /a r,", differs, Code::GL528},
           LanguageCase{"priority=-10 deny /a w,", differs, Code::GL528},
           // Quotes, escapes, patterns.
           LanguageCase{"\"/a b\" r,"},
           LanguageCase{"/a\\ b r,"},
           LanguageCase{"/a\\{b\\} r,"},
           LanguageCase{"/a\\052b r,"},
           LanguageCase{"/a\\x2ab r,"},
           LanguageCase{"/a? r,", differs, Code::GL511},
           LanguageCase{"/a[bc] r,", differs, Code::GL511},
           LanguageCase{"/a[^bc]{d,e{f,g}} r,", differs, Code::GL511},
           LanguageCase{"/a{,b}/c r,"},
           LanguageCase{"/a/ r,"},
           LanguageCase{"/a/* r,", differs, Code::GL511},
           LanguageCase{"/a/** r,"},
           LanguageCase{"/** r,"},
           LanguageCase{"/{,**} r,"},
           LanguageCase{"/a/**/ r,", differs, Code::GL529},
           // Files.
           LanguageCase{"file,"},
           LanguageCase{"file /a r,"},
           LanguageCase{"r /a,"},
           LanguageCase{"/a rwkm,"},
           LanguageCase{"/a ak,"},
           LanguageCase{"/a rl,", differs, Code::GL529},
           LanguageCase{"/a w,", differs, Code::GL529},
           LanguageCase{"link /a -> /b,", differs, Code::GL519},
           LanguageCase{"link /a -> /b,", differs, Code::GL529},
           LanguageCase{"link subset /a -> /b,", differs, Code::GL519},
           LanguageCase{"owner link subset /a -> /b,", differs, Code::GL519},
           LanguageCase{"deny link /a -> /b,", differs, Code::GL528},
           LanguageCase{"link,", differs, Code::GL529},
           // Execution.
           LanguageCase{"/b ix,"},
           LanguageCase{"/b px,", differs, Code::GL521},
           LanguageCase{"/b Px,", differs, Code::GL521},
           LanguageCase{"/b cx,", differs, Code::GL521},
           LanguageCase{"/b Cx,", differs, Code::GL521},
           LanguageCase{"/b ux,", differs, Code::GL521},
           LanguageCase{"/b Ux,", differs, Code::GL521},
           LanguageCase{"/b ux,", differs, Code::GL512},
           LanguageCase{"/b pix,"},
           LanguageCase{"/b Pix,"},
           LanguageCase{"/b cix,"},
           LanguageCase{"/b Cix,"},
           LanguageCase{"/b pux,", differs, Code::GL521},
           LanguageCase{"/b PUx,", differs, Code::GL521},
           LanguageCase{"/b PUx,", differs, Code::GL512},
           LanguageCase{"/b cux,", differs, Code::GL521},
           LanguageCase{"/b CUx,", differs, Code::GL521},
           LanguageCase{"/b px -> t,"},
           LanguageCase{"/b Px -> other,"},
           LanguageCase{"/b cx -> nobody,", differs, Code::GL521},
           LanguageCase{"/b pix -> other,"},
           LanguageCase{"/b Cux -> nobody,", differs, Code::GL521},
           LanguageCase{"/b px -> &other,", differs, Code::GL521},
           LanguageCase{"/b px -> a//&b,", differs, Code::GL521},
           LanguageCase{"/b px -> :ns:b,", differs, Code::GL521},
           LanguageCase{"unsafe /b px -> other,"},
           LanguageCase{"file safe /b px -> other,"},
           LanguageCase{"deny /b x,"},
           LanguageCase{"change_profile,", differs, Code::GL522},
           LanguageCase{"change_profile -> b,", differs, Code::GL522},
           LanguageCase{"change_profile unsafe /b -> b,", differs, Code::GL522},
           LanguageCase{"deny change_profile,"},
           // Capabilities.
           LanguageCase{"capability,"},
           LanguageCase{"capability chown kill,"},
           LanguageCase{"capability checkpoint_restore,"},
           LanguageCase{"deny capability sys_admin,"},
           // Networks.
           LanguageCase{"network,"},
           LanguageCase{"network inet,", differs, Code::GL517},
           LanguageCase{"network tcp,", differs, Code::GL529},
           LanguageCase{"network inet6 udp,", differs, Code::GL517},
           LanguageCase{"network inet icmp,", differs, Code::GL517},
           LanguageCase{"network netlink raw,", differs, Code::GL517},
           LanguageCase{"network packet packet,", differs, Code::GL517},
           LanguageCase{"network ax25,", differs, Code::GL524},
           LanguageCase{"deny network ax25,"},
           LanguageCase{"deny network inet,"},
           LanguageCase{"network (send, receive) inet,", differs, Code::GL517},
           LanguageCase{"network inet stream ip=127.0.0.1 port=80,", differs, Code::GL517},
           LanguageCase{"network (connect) inet stream peer=(ip=10.0.0.1 port=443),", differs,
                        Code::GL517},
           LanguageCase{"network inet6 stream peer=(ip=::1 port=1-9),", differs, Code::GL517},
           LanguageCase{"network inet stream peer=(ip=none),", differs, Code::GL517},
           LanguageCase{"network bind inet stream port=80,", differs, Code::GL517},
           LanguageCase{"network send inet,", differs, Code::GL517},
           LanguageCase{"network ip=127.0.0.1 port=80 peer=(ip=10.0.0.1),", differs, Code::GL517},
           LanguageCase{"network inet interface=eth0,", differs, Code::GL517},
           LanguageCase{"deny network inet peer=(port=25),", differs, Code::GL528},
           LanguageCase{"deny network (connect) inet stream peer=(ip=10.0.0.1 port=25),"},
           LanguageCase{"deny network (bind) inet ip=127.0.0.1 port=80-90,"},
           LanguageCase{"deny network create inet,"},
           LanguageCase{"deny network (connect) inet stream ip=10.0.0.1 peer=(ip=10.0.0.2),",
                        differs, Code::GL519},
           LanguageCase{"deny network (send) inet stream peer=(ip=10.0.0.1),", differs,
                        Code::GL519},
           LanguageCase{"deny network (send) inet dgram peer=(ip=10.0.0.1),", differs, Code::GL528},
           LanguageCase{"deny network (listen, accept) inet,", differs, Code::GL519},
           LanguageCase{"deny network (receive) netlink,", differs, Code::GL528},
           LanguageCase{
               "network (create, bind, listen, accept, connect, send, receive, getattr, setattr, "
               "getopt, setopt, shutdown) netlink,"},
           LanguageCase{"network (create) netlink,", differs, Code::GL517},
           // Mounts.
           LanguageCase{"mount,"},
           LanguageCase{"mount /dev/a -> /m/,", differs, Code::GL515},
           LanguageCase{"mount fstype=ext4 options=(ro, nodev) /dev/a -> /m/,", differs,
                        Code::GL515},
           LanguageCase{"mount fstype in (ext4, xfs) options in (ro, nodev) -> /m/,", differs,
                        Code::GL515},
           LanguageCase{"mount options=(rw bind) /a/ -> /m/,", differs, Code::GL515},
           LanguageCase{"mount options=(rw rbind) \"/a b/\" -> /m/,", differs, Code::GL515},
           LanguageCase{"mount options=move /a/ -> /m/,", differs, Code::GL515},
           LanguageCase{"mount options=(rw make-slave) -> /m/,", differs, Code::GL515},
           LanguageCase{"deny mount fstype=ext4 -> /m/,", differs, Code::GL528},
           LanguageCase{"remount,"},
           LanguageCase{"remount options=ro /m/,", differs, Code::GL515},
           LanguageCase{"deny remount /m/,", differs, Code::GL528},
           LanguageCase{"umount,"},
           LanguageCase{"umount /m/,"},
           LanguageCase{"unmount fstype=ext4 /m/,", differs, Code::GL515},
           LanguageCase{"deny umount fstype=ext4 /m/,", differs, Code::GL528},
           LanguageCase{"pivot_root,"},
           LanguageCase{"pivot_root /n/,"},
           LanguageCase{"pivot_root oldroot=/o/ /n/,"},
           LanguageCase{"pivot_root oldroot=/o/ /n/ -> b,", differs, Code::GL522},
           // Other tasks.
           LanguageCase{"ptrace,"},
           LanguageCase{"ptrace (read, trace) peer=b,"},
           LanguageCase{"ptrace trace peer=unconfined,"},
           LanguageCase{"ptrace (readby, tracedby),"},
           LanguageCase{"ptrace read peer=b*,", differs, Code::GL523},
           LanguageCase{"deny ptrace tracedby,", differs, Code::GL513},
           LanguageCase{"signal,"},
           LanguageCase{"signal send set=(hup, term rtmin+3) peer=b,"},
           LanguageCase{"signal (send, receive) peer=@{profile_name},"},
           LanguageCase{"signal receive peer=unconfined,"},
           LanguageCase{"signal set=exists,"},
           LanguageCase{"signal send peer=(label=b),"},
           LanguageCase{"deny signal receive,", differs, Code::GL513},
           // Unix sockets.
           LanguageCase{"unix,"},
           LanguageCase{"unix (create, bind, listen, accept) addr=@a,"},
           LanguageCase{"unix connect peer=(addr=@a*),"},
           LanguageCase{"unix (connect, send) type=dgram peer=(addr=@a),", differs, Code::GL518},
           LanguageCase{"unix (connect) peer=(addr=\"@a\" label=b),", differs, Code::GL518},
           LanguageCase{"unix (send) peer=(label=b),", differs, Code::GL518},
           LanguageCase{"unix (connect, send) peer=(label=b),"},
           LanguageCase{"unix (accept) peer=(label=b),"},
           LanguageCase{"deny unix (connect) peer=(label=b),", differs, Code::GL518},
           LanguageCase{"unix (getattr, getopt, setopt, shutdown) addr=none,"},
           LanguageCase{"unix (getopt) opt=x,", differs, Code::GL518},
           LanguageCase{"deny unix addr=@a,"},
           LanguageCase{"deny unix type=dgram peer=(addr=@a),", differs, Code::GL528},
           LanguageCase{"deny unix (getattr),", differs, Code::GL518},
           LanguageCase{"deny unix (receive) peer=(label=b),", differs, Code::GL518},
           // The rest.
           LanguageCase{"dbus,"},
           LanguageCase{"dbus (send, receive) bus=session,", differs, Code::GL514},
           LanguageCase{"dbus bind bus=system name=a.b,", differs, Code::GL514},
           LanguageCase{"dbus eavesdrop bus=system,", differs, Code::GL514},
           LanguageCase{
               "dbus send bus=system path=/a interface=a.b member={A,B} peer=(name=x, label=y),",
               differs, Code::GL514},
           LanguageCase{"deny dbus,", differs, Code::GL514},
           LanguageCase{"set rlimit nofile <= 1024,", differs, Code::GL516},
           LanguageCase{"set rlimit cpu <= 5 minutes,", differs, Code::GL516},
           LanguageCase{"set rlimit data <= 100M,", differs, Code::GL516},
           LanguageCase{"set rlimit nice <= -5,", differs, Code::GL516},
           LanguageCase{"set rlimit as <= infinity,", differs, Code::GL516},
           LanguageCase{"userns,"},
           LanguageCase{"userns create,"},
           LanguageCase{"deny userns create,"},
           LanguageCase{"io_uring,"},
           LanguageCase{"io_uring sqpoll,"},
           LanguageCase{"io_uring (override_creds, sqpoll) label=b,", differs, Code::GL515},
           LanguageCase{"deny io_uring,", differs, Code::GL519},
           LanguageCase{"mqueue,", differs, Code::GL529},
           LanguageCase{"mqueue (create, read, write, delete) type=posix /q,", differs,
                        Code::GL529},
           LanguageCase{"mqueue r type=sysv 123,", differs, Code::GL529},
           LanguageCase{"deny mqueue,", differs, Code::GL519},
           LanguageCase{"all,", differs, Code::GL511},
           LanguageCase{"deny all,", differs, Code::GL519},
           // What a later version may add is said.
           LanguageCase{"signal send colour=red,", differs, Code::GL515},
           LanguageCase{"deny ptrace colour=red,", differs, Code::GL528},
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
  for (const LanguageCase& each : {
           LanguageCase{"abi <abi/3.0>,\n/t { }"},
           LanguageCase{"abi \"abi/4.0\",\nprofile t { }"},
           LanguageCase{"profile t { }", said, Code::GL526},
           LanguageCase{"#include <inc>\nprofile t { include <inc> }"},
           LanguageCase{"include if exists <none>\nprofile t { #include if exists \"none\"\n }"},
           LanguageCase{"include <folder.d>\nprofile t { }"},
           LanguageCase{
               "@{A}=/a /b\n@{A}+=\"/c d\"\n@{B}=@{A}/x{1,2}\nprofile t { @{B} r, @{B}/ r, }"},
           LanguageCase{"@{A} = /a \\\n  /b\nprofile t @{A}/t { @{A}{,/**} r, @{exec_path} r, }"},
           LanguageCase{
               "$A=true\n${B} = false\nif $A { @{C}=/c }\nprofile t { if $B { @{C} r, } else if "
               "defined $A { /d r, } else { /e r, } if not defined @{D} { /f r, } }"},
           LanguageCase{"alias /a/ -> /b/,\nprofile t { /a/x r, }"},
           LanguageCase{"profile t flags=(enforce) { }"},
           LanguageCase{"profile t flags=(complain) { }"},
           LanguageCase{"profile t (complain) { }"},
           LanguageCase{"profile t flags=(kill) { }"},
           LanguageCase{"profile t flags=(unconfined) { userns, }"},
           LanguageCase{"profile t flags=(default_allow) { deny /a w, }"},
           LanguageCase{"profile t flags=(prompt) { }", said, Code::GL528},
           LanguageCase{"profile t flags=(audit) { }", said, Code::GL527},
           LanguageCase{"profile t flags=(attach_disconnected, mediate_deleted) { }", said,
                        Code::GL525},
           LanguageCase{"profile t flags=(attach_disconnected.path=/x) { }", said, Code::GL525},
           LanguageCase{"profile t flags=(error=EPERM kill.signal=term) { }", said, Code::GL525},
           LanguageCase{"profile t flags=(chroot_relative interruptible debug) { }", said,
                        Code::GL525},
           LanguageCase{
               "profile t /t xattrs=(user.a=\"b*\" security.apparmor=c) flags=(complain) { }", said,
               Code::GL515},
           LanguageCase{"\"/a b/t\" { }"},
           LanguageCase{"/usr/{bin,sbin}/t* { }"},
           LanguageCase{"profile \"a b\" \"/a b\" { }"},
           LanguageCase{"profile :ns:t /t { }"},
           LanguageCase{"profile t { profile c /c { /c r, } /c cx, }"},
           LanguageCase{"profile t { /c Cx -> c, profile c { /c mr, } }"},
           LanguageCase{"profile t { ^h { /h r, } change_profile -> t//h, }", said, Code::GL522},
           LanguageCase{"profile t { hat h flags=(complain) { /h r, } }", said, Code::GL522},
           LanguageCase{"profile t { deny { /a w, owner { /b w, } } audit { /c r, } }"},
           LanguageCase{"profile t//c { /c r, }"},
           LanguageCase{"# a comment\nprofile t { # another\n /a r, # and here, at the end\n}"},
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
