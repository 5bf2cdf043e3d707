// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "manager/cli/output.h"

namespace glacis::cli {
namespace {

std::string said(const Error& error) {
  testing::internal::CaptureStderr();
  Output{}.error(error, static_cast<int>(error.exit));
  return testing::internal::GetCapturedStderr();
}

const std::string doctor = "next: run `glacis doctor`, which tells what this host can enforce\n";

TEST(Output, WhatTheKernelCannotPointsToDoctor) {
  EXPECT_EQ(said({Exit::kernel, "cannot pin", {}, {}}), "error: cannot pin\n" + doctor);
}

TEST(Output, BetterAdviceAndOtherErrorsAreLeftAlone) {
  EXPECT_EQ(said({Exit::kernel, "no generation is left", {}, "reboot"}),
            "error: no generation is left\nnext: reboot\n");
  EXPECT_EQ(said({Exit::usage, "no such file", "nothing was changed", {}}),
            "error: no such file\nunchanged: nothing was changed\n");
}

TEST(Output, JsonHasTheSameAdvice) {
  Output out;
  out.json = true;
  testing::internal::CaptureStdout();
  out.error({Exit::kernel, "cannot pin", {}, {}}, 3);
  const auto json = Json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ("next: " + json["error"]["next"].get<std::string>() + "\n", doctor);
}

}  // namespace
}  // namespace glacis::cli
