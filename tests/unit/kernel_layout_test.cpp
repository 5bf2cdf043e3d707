// SPDX-License-Identifier: Apache-2.0
// Which bit of f_mode marks a backing file: by what a bare name has, where kernels that differ have
// the same version.
#include <gtest/gtest.h>

#include "manager/kernel/layout.h"

namespace glacis::kernel {
namespace {

constexpr std::uint32_t path_opened = (1U << 14) | (1U << 19);

TEST(BackingMode, IsBit25WhereABareNameHasNoMark) {
  EXPECT_EQ(backing_mode(path_opened, 6, 5).value(), 1U << 25);
  EXPECT_EQ(backing_mode(path_opened, 6, 12).value(), 1U << 25);
}

TEST(BackingMode, IsBit24WhereTheMarkIsBit25WhateverTheVersion) {
  EXPECT_EQ(backing_mode(path_opened | (1U << 25), 6, 12).value(), 1U << 24);
  EXPECT_EQ(backing_mode(path_opened | (1U << 25), 7, 2).value(), 1U << 24);
}

TEST(BackingMode, IsNotGuessed) {
  const auto none = backing_mode(path_opened | (1U << 26), 7, 9);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().exit, Exit::kernel);
  EXPECT_NE(none.error().what.find("7.9"), std::string::npos);
}

}  // namespace
}  // namespace glacis::kernel
