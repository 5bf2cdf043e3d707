// SPDX-License-Identifier: Apache-2.0
// What a program may keep open at the exec that enters a domain.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstring>
#include <string_view>

#include "lsm/decide/inherit.h"
#include "manager/image/builder.h"
#include "manager/image/view.h"

namespace glacis {
namespace {

constexpr std::uint32_t device(unsigned major, unsigned minor) { return major << 20 | minor; }

std::uint64_t eight(std::string_view name) {
  std::uint64_t out = 0;
  std::memcpy(&out, name.data(), std::min(name.size(), sizeof(out)));
  return out;
}

class Inherit : public testing::Test {
 protected:
  image::Image image(bool stdio, std::uint32_t kernel) {
    profile::ResolvedProfile profile;
    profile.name = "p";
    profile.inherit_stdio = stdio;
    if (kernel != 0) {
      profile::Rule rule;
      rule.id = 1;
      rule.body = profile::KernelRule{kernel};
      profile.rules.push_back(rule);
    }
    auto built = image::build(profile);
    EXPECT_TRUE(built);
    return std::move(*built);
  }

  static bool usual(const image::Image& of, unsigned number, unsigned mode, std::uint32_t rdev) {
    return gl_inherit_usual(image::ImageView::unchecked(of.bytes).base(), number, mode, rdev) != 0;
  }
};

TEST_F(Inherit, TheUsualThreeArePipesSocketsAndTerminals) {
  const auto plain = image(false, 0);
  EXPECT_TRUE(usual(plain, 0, S_IFIFO | 0600, 0));
  EXPECT_TRUE(usual(plain, 2, S_IFSOCK, 0));
  EXPECT_TRUE(usual(plain, 1, S_IFCHR, device(136, 3)));
  EXPECT_TRUE(usual(plain, 1, S_IFCHR, device(1, 3)));
  EXPECT_FALSE(usual(plain, 1, S_IFCHR, device(1, 1)));  // mem
  EXPECT_FALSE(usual(plain, 1, S_IFBLK, device(8, 0)));
  EXPECT_FALSE(usual(plain, 0, S_IFREG, 0));
  EXPECT_FALSE(usual(plain, 0, S_IFDIR, 0));
  EXPECT_FALSE(usual(plain, 3, S_IFIFO, 0));
}

TEST_F(Inherit, ByItsWordTheyAreWhatTheyAre) {
  const auto stdio = image(true, 0);
  EXPECT_TRUE(usual(stdio, 0, S_IFREG, 0));
  EXPECT_TRUE(usual(stdio, 2, S_IFBLK, device(8, 0)));
  EXPECT_FALSE(usual(stdio, 3, S_IFREG, 0));
}

TEST_F(Inherit, DoorsAreKnownByTheirNames) {
  EXPECT_EQ(gl_inherit_door(eight("[io_uring]")), std::uint32_t{GL_KERNEL_IO_URING});
  EXPECT_EQ(gl_inherit_door(eight("[userfaultfd]")), std::uint32_t{GL_KERNEL_USERFAULTFD});
  EXPECT_EQ(gl_inherit_door(eight("[perf_event]")), std::uint32_t{GL_KERNEL_PERF_EVENT});
  EXPECT_EQ(gl_inherit_door(eight("bpf-prog")), std::uint32_t{GL_KERNEL_BPF});
  EXPECT_EQ(gl_inherit_door(eight("btf")), std::uint32_t{GL_KERNEL_BPF});
  EXPECT_EQ(gl_inherit_door(eight("[eventfd]")), 0u);
}

TEST_F(Inherit, NoGrantLetsARingCross) {
  const auto all = image(false, GL_KERNEL_IO_URING | GL_KERNEL_USERFAULTFD | GL_KERNEL_BPF);
  const image::ImageView view = image::ImageView::unchecked(all.bytes);
  const std::uint8_t* base = view.base();
  EXPECT_EQ(gl_inherit_door_decide(base, GL_KERNEL_IO_URING).decision, GL_DENY);
  EXPECT_EQ(gl_inherit_door_decide(base, GL_KERNEL_IO_URING).reason, GL_REASON_UNGRANTABLE);
  EXPECT_EQ(gl_inherit_door_decide(base, GL_KERNEL_USERFAULTFD).decision, GL_DENY);
  EXPECT_EQ(gl_inherit_door_decide(base, GL_KERNEL_BPF).decision, GL_ALLOW);
  EXPECT_EQ(gl_inherit_door_decide(base, GL_KERNEL_PERF_EVENT).decision, GL_DENY);
}

}  // namespace
}  // namespace glacis
