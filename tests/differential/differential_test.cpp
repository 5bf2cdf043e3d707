// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manager/image/builder.h"
#include "manager/sim/event.h"
#include "tests/differential/door.h"
#include "tests/unit/generate.h"
#include "tests/unit/oracle.h"

namespace glacis::differential {
namespace {

bool same(const gl_verdict& a, const gl_verdict& b) {
  return a.decision == b.decision && a.reason == b.reason && a.rule == b.rule &&
         a.blocker == b.blocker;
}

class Differential : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    door_ = Door::open(why);
    if (!door_) GTEST_SKIP() << "this kernel does not load the probe: " << why;
  }

  // One random profile, asked `count` questions in one size class.
  void compare(generate::Random& random, unsigned rules, unsigned count) {
    const auto profile = generate::profile(random, rules);
    const auto image = image::build(profile);
    ASSERT_TRUE(image) << image.error().what;
    const auto view = image::ImageView::unchecked(image->bytes);
    const auto own = image::size_class(image->bytes.size());
    ASSERT_TRUE(own);
    const unsigned size_class = *own + random.below(GL_IMAGE_SIZE_COUNT - *own);
    ASSERT_TRUE(door_->put(view, size_class));
    const sim::Simulator simulator(view, profile.name);
    for (unsigned i = 0; i < count; ++i) {
      const auto request = generate::request(random, profile);
      const auto bytecode = door_->ask(request, size_class, profile.name);
      if (!bytecode) continue;
      ++asked_;
      denied_ += bytecode->decision != GL_ALLOW;
      const auto native = simulator.decide(request);
      ASSERT_TRUE(same(*bytecode, native)) << sim::to_text(request) << " class " << size_class;
      const auto expected = oracle::decide(profile, request);
      ASSERT_TRUE(!expected || expected->decision == bytecode->decision) << sim::to_text(request);
    }
  }

  std::optional<Door> door_;
  unsigned asked_ = 0;
  unsigned denied_ = 0;
};

TEST_F(Differential, BytecodeCoreAndOracleAgree) {
  generate::Random random(20261123);
  for (unsigned round = 0; round < 1000; ++round) {
    compare(random, 1 + random.below(40), 100);
    if (HasFatalFailure()) return;
  }
  // The questions must meet both answers, or agreement means nothing.
  EXPECT_GT(asked_, 75000u);
  EXPECT_GT(denied_, asked_ / 20);
  EXPECT_GT(asked_ - denied_, asked_ / 20);
  RecordProperty("asked", static_cast<int>(asked_));
}

// A difference must be seen: the bytecode gets another image than the core.
TEST_F(Differential, ADifferenceWouldBeFound) {
  generate::Random random(7);
  const auto granting = image::build(generate::profile_of({"/etc/**"}, GL_FILE_READ));
  const auto refusing = image::build(generate::profile_of({"/usr/**"}, GL_FILE_READ));
  ASSERT_TRUE(granting && refusing);
  ASSERT_TRUE(door_->put(image::ImageView::unchecked(refusing->bytes), 0));
  const sim::Request request = sim::FileRequest{.path = "/etc/passwd", .access = GL_FILE_READ};
  const auto bytecode = door_->ask(request, 0);
  ASSERT_TRUE(bytecode);
  const auto view = image::ImageView::unchecked(granting->bytes);
  EXPECT_FALSE(same(*bytecode, sim::Simulator(view).decide(request)));
}

}  // namespace
}  // namespace glacis::differential
