// SPDX-License-Identifier: Apache-2.0
// What an importer writes: names, strings, and a text that compiles.
#include <gtest/gtest.h>

#include "lsm/abi/access.h"
#include "manager/import/imported.h"
#include "manager/profile/validate.h"

namespace glacis::import {
namespace {

TEST(Draft, NamesOfProfiles) {
  EXPECT_EQ(profile_name("/usr/sbin/nscd"), "usr.sbin.nscd");
  EXPECT_EQ(profile_name("a//b"), "a.b");
  EXPECT_EQ(profile_name("/usr/{bin,sbin}/x y"), "usr._bin_sbin_.x_y");
  const std::string names[] = {"",     "/",          "***", "\xff\xfe",
                               "self", "unconfined", "any", std::string(300, 'a')};
  for (const std::string& name : names) {
    EXPECT_TRUE(profile::is_profile_name(profile_name(name))) << name;
  }
  EXPECT_NE(profile_name(std::string(80, 'a') + "1"), profile_name(std::string(80, 'a') + "2"));
}

TEST(Draft, StringsReadBack) {
  EXPECT_EQ(toml_string("/a"), "\"/a\"");
  EXPECT_EQ(toml_string("/a\\*"), "'/a\\*'");
  EXPECT_EQ(toml_string("/a'\\*"), "\"/a'\\\\*\"");
  EXPECT_EQ(toml_string("/a\n\x7f"), "\"/a\\u000a\\u007f\"");
}

TEST(Draft, EveryPartCompiles) {
  Draft draft;
  draft.name = "x";
  draft.head = "two\nlines";
  draft.kill = true;
  draft.attach_exec = {"/usr/bin/x"};
  draft.exec = {{"/usr/bin/x", "x:1"}};
  draft.transitions = {{{{"/usr/bin/y", ""}}, "y", false}, {{{"/usr/bin/z", ""}}, "inherit", true}};
  draft.files = {
      {false, profile::Owner::self, GL_FILE_READ | GL_FILE_WRITE, {{"/a", "x:2\n"}}, {}, ""},
      {true, profile::Owner::any, GL_FILE_WRITE, {{"/b", ""}, {"/c", ""}}, {}, "why"},
      {false, profile::Owner::any, GL_FILE_READ, {}, {"anonymous"}, ""}};
  draft.nets = {{false, {"connect"}, {"10.0.0.0/8"}, {{"tcp = \"any\"", ""}}, {}, {}, ""},
                {false, {"connect"}, {}, {}, {{"/run/s", ""}}, {{"unix", ""}}, ""}};
  draft.processes = {{false, "self", GL_TASK_SIGNAL, 1u << 14, ""}};
  draft.capabilities = {{"chown", "x:9"}};
  draft.denied_capabilities = {{"kill", ""}};
  draft.memory = {{"exec_anon", ""}};
  draft.kernel = {{"bpf", ""}};
  draft.syscalls.groups = {{"@base", ""}, {"@io", ""}, {"@process", ""}, {"@file", ""}};
  draft.syscalls.rules = {
      {profile::SyscallAction::deny, {"ioctl"}, {{1, profile::SyscallOp::masked_eq, 2, 3}}, "f:1"}};
  diag::Diagnostics diagnostics;
  const Imported made = finish(draft, {}, {}, diagnostics);
  EXPECT_TRUE(made.good) << made.text
                         << (diagnostics.all().empty() ? "" : diagnostics.all()[0].message);
  EXPECT_GT(made.rules, 15u);
  EXPECT_EQ(made.text.find("x:2\n\""), std::string::npos);
}

TEST(Draft, WhatDoesNotCompileIsAnError) {
  Draft draft;
  draft.name = "x";
  draft.files = {{false, profile::Owner::any, GL_FILE_READ, {{"relative", ""}}, {}, ""}};
  diag::Diagnostics diagnostics;
  EXPECT_FALSE(finish(draft, {}, {}, diagnostics).good);
  ASSERT_EQ(diagnostics.errors(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, diag::Code::GL503);
}

}  // namespace
}  // namespace glacis::import
