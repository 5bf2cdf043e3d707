// SPDX-License-Identifier: Apache-2.0
// Recordings as text: the same comes back, and what was cut or changed does not.
#include "learn_fixture.h"
#include "manager/learn/transfer.h"

namespace glacis::learn {
namespace {

Recording sample() {
  Recording out = recording({{"file read,write owner=self /srv/a b", "net bind tcp [::1]:80",
                              "task signal self hup", "memory exec_anon"},
                             {"file read,write owner=self /srv/a b", "file read ending=unlinked"}});
  std::get<sim::FileRequest>(out.behaviours[0].request).path = "/srv/a\n\xff\\\"\x7f";
  out.runs[1].lost = 7;
  out.runs[1].unlearned["odd \x01"] = 3;
  return out;
}

TEST(Transfer, TheSameComesBack) {
  const Recording given = sample();
  const auto got = import_text(export_text(given));
  ASSERT_TRUE(got.has_value()) << got.error().what;
  EXPECT_EQ(*got, given);
  EXPECT_EQ(export_text(*got), export_text(given));
  const Recording empty{"web", {}, {}};
  EXPECT_EQ(import_text(export_text(empty)), empty);
}

TEST(Transfer, EveryCutIsNoticed) {
  const std::string text = export_text(sample());
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(import_text(std::string_view(text).substr(0, length)).has_value()) << length;
}

TEST(Transfer, EveryChangedByteIsNoticed) {
  const std::string text = export_text(sample());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(import_text(changed).has_value()) << at;
  }
}

// Without the hash, which who writes such a file can make as well.
std::string sealed(Recording recording) { return export_text(recording); }

TEST(Transfer, WhatCannotBeIsRefusedHoweverItIsSealed) {
  Recording twice = sample();
  twice.runs[1].token = twice.runs[0].token;
  EXPECT_FALSE(import_text(sealed(twice)).has_value());
  Recording nowhere = sample();
  nowhere.behaviours[0].seen[0].run = 9;
  EXPECT_FALSE(import_text(sealed(nowhere)).has_value());
  Recording never = sample();
  never.behaviours[0].seen.clear();
  EXPECT_FALSE(import_text(sealed(never)).has_value());
  Recording again = sample();
  again.behaviours.push_back(again.behaviours[0]);
  EXPECT_FALSE(import_text(sealed(again)).has_value());
  Recording backwards = sample();
  backwards.behaviours[0].seen[0].last = 0;
  EXPECT_FALSE(import_text(sealed(backwards)).has_value());
  Recording climbing = sample();
  std::get<sim::FileRequest>(climbing.behaviours[0].request).path = "/srv/../etc/shadow";
  EXPECT_FALSE(import_text(sealed(climbing)).has_value());
  EXPECT_FALSE(import_text(export_text(sample()) + "{}\n").has_value());
}

TEST(Transfer, MergingIsAUnionOfRuns) {
  Recording a = recording({{"file read /a"}});
  Recording b = recording({{"file read /a"}, {"file read /a", "file read /b"}});
  ASSERT_TRUE(merge(a, b).has_value());
  EXPECT_EQ(a, b);  // b's first run has the number of a's
  Recording other = b;
  other.name = "mail";
  EXPECT_FALSE(merge(a, other).has_value());
}

}  // namespace
}  // namespace glacis::learn
