// SPDX-License-Identifier: Apache-2.0
// The language of apparmor.d(5): what is read, and how a fault is said.
#include <gtest/gtest.h>

#include <string>

#include "manager/diag/render.h"
#include "manager/import/apparmor/parser.h"

namespace glacis::import::apparmor {
namespace {

struct Read {
  profile::MemoryFiles files;
  diag::Diagnostics diagnostics;
  diag::SourceSet sources;
  std::optional<Policy> policy;
  [[nodiscard]] std::string said() const { return diag::render_text(diagnostics, sources); }
};

void read(Read& out, const std::string& text) {
  out.files.add("/aa/t", text);
  const ParseOptions options{{"/aa"}, &out.files};
  out.policy = parse("/aa/t", options, out.diagnostics, out.sources);
}

TEST(AppArmorParser, EveryFormOfRule) {
  Read out;
  read(out, R"(abi <abi/4.0>,
@{A} = /a /b # a comment
@{A} += "/c d"
$on = true
alias /x/ -> /y/,
profile "a b" /usr/bin/{a,b} xattrs=(user.t="v" security.x=y) flags=(complain, attach_disconnected) {
  /r r,
  r /perms/first,
  "/quoted path" rw,
  owner @{A}/** rwkl,
  deny /d w,
  audit deny owner /e rwx,
  priority=-5 allow /p r,
  file /f r,
  file,
  /x Px -> other,
  /x2 cix -> child,
  /x3 pux,
  unsafe /x4 px,
  capability,
  capability chown setuid,
  deny capability sys_admin,
  network,
  network inet stream,
  network inet tcp,
  network (send, receive) inet dgram peer=(ip=127.0.0.1 port=53),
  mount,
  mount options=(rw, bind) /s -> /t,
  mount fstype in (ext4 xfs) options in (ro, nodev) /dev/sda1 -> /mnt/,
  remount /mnt/,
  umount /mnt/,
  pivot_root oldroot=/o/ /n/ -> p,
  ptrace (read, trace) peer=@{A},
  signal (send) set=(hup term rtmin+3) peer=unconfined,
  signal set=kill,
  dbus (send) bus=system path=/o interface=a.b member={A,B} peer=(name=x label=y),
  unix (connect, receive) type=stream addr=none peer=(addr="@/tmp/x*" label=l),
  set rlimit nofile <= 1024,
  change_profile unsafe /bin/x -> p,
  link subset /l -> /m,
  userns create,
  io_uring (sqpoll),
  mqueue (read, write) type=posix /q,
  all,
  deny { /blk r, owner { /blk2 w, } }
  profile child /c { /cc r, }
  hat h { }
  ^h2 flags=(complain) { /hh r, }
  if $on { /yes r, } else { /neither r, }
  if not defined @{B} { /undefined r, }
  if $on { } else if defined @{A} { /never r, } else { /never2 r, }
}
/usr/bin/z {
}
)");
  ASSERT_TRUE(out.policy) << out.said();
  const Policy& policy = *out.policy;
  EXPECT_EQ(policy.variables.at("A").size(), 3u);
  EXPECT_EQ(policy.variables.at("A")[2].text, "/c d");
  ASSERT_EQ(policy.profiles.size(), 2u);
  const Profile& first = policy.profiles[0];
  EXPECT_EQ(first.name.text, "a b");
  EXPECT_EQ(first.attachment->text, "/usr/bin/{a,b}");
  EXPECT_EQ(first.xattrs.size(), 2u);
  EXPECT_EQ(first.flags.mode, Mode::complain);
  ASSERT_EQ(first.children.size(), 3u);
  EXPECT_EQ(first.children[0].full_name, "a b//child");
  EXPECT_TRUE(first.children[2].hat);
  std::size_t never = 0;
  for (const Rule& rule : first.rules) {
    if (!rule.words.empty() && rule.words[0].text.starts_with("/ne")) ++never;
    if (!rule.words.empty() && rule.words[0].text == "/blk2") {
      EXPECT_TRUE(rule.qualifiers.deny && rule.qualifiers.owner);
    }
    if (rule.kind == Kind::unix_socket) {
      EXPECT_EQ(rule.conditions.back().parts.size(), 2u);
    }
    if (rule.kind == Kind::mount && rule.target && rule.target->text == "/mnt/") {
      EXPECT_EQ(rule.conditions[0].values.size(), 2u);
      EXPECT_TRUE(rule.conditions[1].in);
    }
  }
  EXPECT_EQ(never, 0u);
  EXPECT_EQ(first.rules.size(), 42u);
}

TEST(AppArmorParser, IncludesFoldersAndWhatIsMissing) {
  Read out;
  out.files.add("/aa/abstractions/base", "  /base r,\n");
  out.files.add("/aa/local.d/a", "/one r,\n");
  out.files.add("/aa/local.d/b.dpkg-old", "garbage");
  read(out,
       "/bin/t {\n#include <abstractions/base>\ninclude if exists <none>\n"
       "include <local.d>\ninclude \"/aa/abstractions/base\"\n}\n");
  ASSERT_TRUE(out.policy) << out.said();
  EXPECT_EQ(out.policy->profiles[0].rules.size(), 3u);
  Read missing;
  read(missing, "include <none>\n");
  EXPECT_FALSE(missing.policy);
  EXPECT_EQ(missing.diagnostics.all()[0].code, diag::Code::GL111);
}

TEST(AppArmorParser, CirclesAndDepthsEnd) {
  Read circle;
  circle.files.add("/aa/c", "include <d>\n");
  circle.files.add("/aa/d", "include <c>\n");
  read(circle, "include <c>\n");
  EXPECT_FALSE(circle.policy);
  EXPECT_EQ(circle.diagnostics.all()[0].code, diag::Code::GL112);
  for (const char* piece : {"profile a {", "/x { deny {", "/x { if $a {", "/x { deny deny {"}) {
    std::string text = "$a = true\n";
    for (int i = 0; i < 10'000; ++i) text += piece;
    Read deep;
    read(deep, text);
    EXPECT_FALSE(deep.policy) << piece;
  }
  std::string brackets = "/x { unix ";
  for (int i = 0; i < 10'000; ++i) brackets += "peer=(";
  Read deep;
  read(deep, brackets);
  EXPECT_FALSE(deep.policy);
}

TEST(AppArmorParser, FaultsHaveTheirPlace) {
  struct Case {
    const char* text;
    const char* wanted;
  };
  for (const Case& each :
       {Case{"/x {\n /a r\n /b r,\n}", ":3:2"}, Case{"/x {\n /a q,\n}", ":2:5"},
        Case{"/x {\n netwrok inet,\n}", "network"}, Case{"/x {\n", "ends inside"},
        Case{"}", ":1:1"}, Case{"foo", "`foo`"}, Case{"/x { \"/a r,\n}", ":1:6"},
        Case{"@{A} =\n", "@{A}"}, Case{"/x { capability", "comma"}}) {
    Read out;
    read(out, each.text);
    EXPECT_FALSE(out.policy) << each.text;
    EXPECT_NE(out.said().find(each.wanted), std::string::npos) << each.text << "\n" << out.said();
  }
}

}  // namespace
}  // namespace glacis::import::apparmor
