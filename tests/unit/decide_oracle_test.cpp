// SPDX-License-Identifier: Apache-2.0
// Random profiles, compiled, read back and asked; each verdict must be the
// oracle's, to the rule.
#include <gtest/gtest.h>

#include <cstring>

#include "manager/image/builder.h"
#include "manager/image/reader.h"
#include "manager/sim/event.h"
#include "tests/unit/generate.h"
#include "tests/unit/oracle.h"

namespace glacis {
namespace {

// Prints what a person needs to see why two verdicts differ.
std::string story(const profile::ResolvedProfile& profile, const image::Image& image,
                  const sim::Request& request) {
  std::string out = sim::to_text(request) + "\n";
  for (const image::SourceRule& rule : image.source_map.rules)
    out += std::to_string(rule.id) + ": " + rule.text + "\n";
  return out + profile.name;
}

void expect_same(const gl_verdict& core, const gl_verdict& oracle, const std::string& text) {
  ASSERT_EQ(core.decision, oracle.decision) << text;
  ASSERT_EQ(core.reason, oracle.reason) << text;
  ASSERT_EQ(core.rule, oracle.rule) << text;
  ASSERT_EQ(core.blocker, oracle.blocker) << text;
}

TEST(DecideOracle, AgreesOnRandomProfiles) {
  unsigned compared = 0, given_up = 0, allowed = 0, tasks = 0, tasks_allowed = 0;
  for (std::uint64_t seed = 1; compared < 250'000; ++seed) {
    generate::Random random(seed);
    const auto profile = generate::profile(random, 1 + random.below(30));
    const auto image = image::build(profile);
    ASSERT_TRUE(image) << seed << ": " << image.error().what;
    const auto view = image::read(image->bytes);
    ASSERT_TRUE(view) << seed << ": " << view.error().what;
    const sim::Simulator simulator(*view, profile.name);
    for (unsigned i = 0; i < 400; ++i) {
      const sim::Request request = generate::request(random, profile);
      const auto expected = oracle::decide(profile, request);
      if (!expected) {
        ++given_up;
        continue;
      }
      const gl_verdict verdict = simulator.decide(request);
      ++compared;
      allowed += verdict.decision == GL_ALLOW;
      if (std::holds_alternative<sim::TaskRequest>(request)) {
        ++tasks;
        tasks_allowed += verdict.decision == GL_ALLOW;
      }
      if (std::memcmp(&verdict, &*expected, sizeof(verdict)) != 0)
        expect_same(verdict, *expected,
                    std::to_string(seed) + " " + story(profile, *image, request));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_LT(given_up, compared / 100);
  EXPECT_GT(allowed, compared / 20);  // the requests do meet the rules
  EXPECT_GT(tasks, compared / 20);
  EXPECT_GT(tasks_allowed, tasks / 20);
}

}  // namespace
}  // namespace glacis
